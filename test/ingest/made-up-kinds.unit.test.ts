import { describe, expect, it, jest } from '@jest/globals';

const kinds = await import('../../shared/contract/event-kinds.ts');

/** One line each, as somebody would add it. */
jest.unstable_mockModule('../../shared/contract/event-kinds.ts', () => ({
  ...kinds,
  eventKinds: {
    ...kinds.eventKinds,
    'message.created': { isAppointment: false, hasCompanion: false },
    'appointment.noted': { isAppointment: false, hasCompanion: false, underscoreName: 'note_added' },
    'appointment.reminder': { isAppointment: true, hasCompanion: false },
  },
}));
const { acceptEvent } = await import('../../services/ingest/accept/accept.ts');
const { forCalendar } = await import('../../services/ingest/accept/companion.ts');
const { NAME_EXPECTED } = await import('../../services/ingest/accept/event-names.ts');
const { EventInput } = await import('../../services/ingest/accept/schemas.ts');
const { underscoreNameOf } = await import('../../shared/contract/event-naming.ts');

const now = '2026-11-22T12:00:00.000Z';

function accepted(event: string, given: object = {}, withoutRooms?: 'everyone') {
  const options = withoutRooms === undefined ? { now } : { now, withoutRooms };
  const checked = acceptEvent({ event, data: {}, ...given }, options);
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.value;
}

describe.each(['message.created', 'appointment.noted'])('%s, added as no appointment', (name) => {
  it('is accepted, and needs no provider', () => {
    expect(accepted(name)).toMatchObject({ name, rooms: ['calendar'] });
    expect(accepted(name, {}, 'everyone')).toMatchObject({ rooms: ['everyone'] });
  });

  it('goes to the rooms that the backend gives, `calendar` too', () => {
    const rooms = ['provider_4', 'calendar'];
    expect(accepted(name, { rooms })).toMatchObject({ rooms });
  });

  it.each(['thin', 'full'] as const)('has nothing beside it in a %s calendar', (calendarRoom) => {
    const event = { ...accepted(name, { rooms: ['provider_4'] }), id: 'm-1' };
    expect(forCalendar(event, calendarRoom)).toEqual({ event, companion: undefined });
  });

  it('is listed where names are: in the error and in the OpenAPI document', () => {
    expect(NAME_EXPECTED).toContain(`, ${name}, `);
    expect(EventInput.shape.event.options).toContain(name);
  });
});

describe('appointment.reminder, added as an appointment without a companion', () => {
  it('needs a provider, and goes to the people concerned', () => {
    expect(acceptEvent({ event: 'appointment.reminder', data: {} }, { now })).toHaveProperty('problems');
    expect(accepted('appointment.reminder', { data: { provider_id: 4 } })).toMatchObject({
      rooms: ['admin', 'provider_4'],
    });
  });

  it.each(['thin', 'full'] as const)('leaves a %s calendar alone', (calendarRoom) => {
    const event = { ...accepted('appointment.reminder', { rooms: ['provider_4'] }), id: 'r-1' };
    expect(forCalendar(event, calendarRoom)).toEqual({ event, companion: undefined });
  });

  it('is not lost where the backend names `calendar` alone', () => {
    const rooms = ['calendar'];
    expect(accepted('appointment.reminder', { rooms })).toMatchObject({ rooms });
  });
});

it('a word of the existing apps comes in and goes out as it stands in the row', () => {
  expect(accepted('note_added')).toMatchObject({ name: 'appointment.noted' });
  expect(underscoreNameOf('appointment.noted')).toBe('note_added');
  expect(underscoreNameOf('message.created')).toBe('message_created');
});
