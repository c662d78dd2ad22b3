import { describe, expect, it } from '@jest/globals';
import { TestDecider, told, webhook } from '../../support/test-decider.ts';

const HOUR_MS = 3_600_000;

/** An appointment that is known, and a machine whose clock is set back right after it was saved. */
async function setBack() {
  const decider = new TestDecider();
  await decider.decider.begin();
  await decider.take(webhook('appointment_save.new', { update_datetime: '2026-11-22 23:40:00' }));
  decider.steppedMs = -HOUR_MS;
  return decider;
}

describe('when the clock of the machine is set back an hour', () => {
  it('the next save of an appointment is told, though backend and ingest both say that it is older', async () => {
    const decider = await setBack();
    const moved = { update_datetime: '2026-11-22 22:40:01', start_datetime: '2999-12-03 09:00:00' };
    const events = await decider.take(webhook('appointment_save.new', moved));
    expect(events.map(({ name }) => name)).toEqual(['appointment.updated']);
  });

  it('what the REST API shows counts, though the last webhook was heard of at a later time', async () => {
    const decider = await setBack();
    decider.nowMs += 60_000;
    await decider.decider.observe({ kind: 'gone', of: 'appointment', id: 1, asOfMs: decider.wallMs });
    expect(decider.announced.slice(-1).map(told)).toEqual([
      expect.stringMatching(/^appointment\.cancelled/) as unknown,
    ]);
  });

  it('what a webhook told within the last seconds is left as it is by the REST API', async () => {
    const decider = await setBack();
    await decider.take(
      webhook('appointment_save.new', { update_datetime: '2026-11-22 22:40:01', notes: 'new' }),
    );
    const before = decider.announced.length;
    await decider.decider.observe({ kind: 'gone', of: 'appointment', id: 1, asOfMs: decider.wallMs });
    expect(decider.announced).toHaveLength(before);
  });
});
