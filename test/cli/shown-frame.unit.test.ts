import { describe, expect, it } from '@jest/globals';
import { painter } from '../../cli/core/paint.ts';
import { sampleEvent } from '../../cli/core/sample-event.ts';
import { shownFrame } from '../../cli/core/shown-frame.ts';

const plain = painter({ hasColours: false });
const shown = (frame: unknown) => shownFrame(JSON.stringify(frame), '09:00:00', plain);

describe('a frame for people', () => {
  it('is a line with the time, the name of the event, its data and its id', () => {
    const data = { id: 12, provider_id: 4, start: '2026-12-03T10:00:00+01:00', note: 'two words' };
    expect(shown({ event: 'appointment.created', data, timestamp: 'T', id: 'b-12', cursor: 'C' })).toBe(
      '09:00:00  appointment.created    id=12 provider_id=4 start=2026-12-03T10:00:00+01:00 note="two words" event_id=b-12',
    );
  });

  it('is the type and what it says where it is no event', () => {
    expect(shown({ type: 'subscribed', room: 'provider_4' })).toBe(
      '09:00:00  subscribed             room=provider_4',
    );
    expect(shown({ type: 'going_away', reconnect_after_ms: 7 })).toContain('reconnect_after_ms=7');
  });

  it.each(['', 'no JSON', '[1]', '{"event":7}'])('is %j itself where it is none that is known', (text) => {
    expect(shownFrame(text, '09:00:00', plain)).toBe(`09:00:00  ${text}`);
  });

  it('holds nothing that a terminal obeys', () => {
    const line = shown({
      event: 'a\u001b[2J',
      data: { 'k\u009b': 'v\u001b]0;x\u0007', t: '\u202eabc' },
      id: '\r\n',
    });
    expect(line).toMatch(/^[\x20-\x7e]*$/);
  });

  it('is coloured where colours are wanted', () => {
    const colours = painter({ hasColours: true });
    expect(shownFrame('{"type":"error","code":"AUTH_FAILED"}', 'T', colours)).toContain('\u001b[31merror');
  });
});

describe('the sample event', () => {
  it('is an appointment on a full hour, more than a day ahead', () => {
    expect(sampleEvent(new Date('2026-12-03T10:20:00Z'))).toMatchObject({
      event: 'appointment.created',
      data: { provider_id: 4, start: '2026-12-04T11:00:00.000Z', end: '2026-12-04T11:45:00.000Z' },
    });
  });
});
