import { describe, expect, it } from '@jest/globals';
import { Bookings, type Change, type Decision } from '../../../tools/demo/bookings.ts';

const ada: Change = { do: 'book', customer: 'Ada', start: '2026-12-03T10:00:00+01:00', minutes: 60 };

function made(decision: Decision) {
  if ('problem' in decision) throw new Error(decision.problem);
  decision.keep();
  return decision;
}

describe('the backend of the demo', () => {
  it('announces a booking, its move with what was before, and its end', () => {
    const bookings = new Bookings(7);
    const data = { id: 7, provider_id: 4, customer_name: 'Ada' };
    const [start, end] = ['2026-12-03T09:00:00.000Z', '2026-12-03T10:00:00.000Z'];
    expect(made(bookings.decide(ada)).event).toEqual({
      event: 'appointment.created',
      data: { ...data, start, end },
    });
    const moved = made(bookings.decide({ do: 'move', id: 7, start: '2026-12-03T10:30:00Z' }));
    const later = { start: '2026-12-03T10:30:00.000Z', end: '2026-12-03T11:30:00.000Z' };
    expect(moved.event).toEqual({
      event: 'appointment.updated',
      data: { ...data, ...later, previous_start: start, previous_end: end },
    });
    expect(made(bookings.decide({ do: 'cancel', id: 7 })).event).toEqual({
      event: 'appointment.cancelled',
      data: { ...data, ...later },
    });
    expect(bookings.all).toEqual([]);
  });

  it('keeps nothing before it is told to', () => {
    const bookings = new Bookings(1);
    bookings.decide(ada);
    expect(bookings.all).toEqual([]);
  });

  it('gives nobody a time that somebody has, and everybody what is free beside it', () => {
    const bookings = new Bookings(1);
    made(bookings.decide(ada));
    const alan: Change = { ...ada, customer: 'Alan', start: '2026-12-03T10:30:00+01:00' };
    expect(bookings.decide(alan)).toEqual({ problem: 'Ada has that time already.' });
    made(bookings.decide({ ...alan, start: '2026-12-03T11:00:00+01:00' }));
    expect(bookings.all.map(({ customer }) => customer)).toEqual(['Ada', 'Alan']);
    expect(
      bookings.decide({ do: 'move', id: bookings.all.at(-1)?.id ?? 0, start: ada.start }),
    ).toHaveProperty('problem');
    made(bookings.decide({ do: 'move', id: 1, start: '2026-12-03T09:30:00+01:00' }));
  });

  it('says so of an appointment that is not there', () => {
    expect(new Bookings(1).decide({ do: 'cancel', id: 1 })).toEqual({
      problem: 'That appointment is not there any more.',
    });
  });
});
