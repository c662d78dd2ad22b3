import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { thinEventFrames } from '../../services/delivery/stream/thin-event.ts';
import { thinKeys } from '../../shared/contract/thin-data.ts';

const around = {
  event: 'appointment.updated',
  timestamp: '2026-11-23T09:00:00Z',
  id: 'booking-12',
  cursor: 'c',
};
const data = {
  id: 12,
  provider_id: 4,
  id_users_customer: '6',
  secretary_ids: [7, 8],
  start: '2026-12-03T10:00:00+01:00',
  end: '2026-12-03T10:45:00+01:00',
  previous_start: '2026-12-02T10:00:00+01:00',
  status: 'Booked',
  reason: 'zone_changed',
};

const thinned = (frame: object) => {
  const frames = thinEventFrames(Buffer.from(JSON.stringify(frame)));
  const read = (form?: Buffer) => JSON.parse(form?.toString() ?? 'null') as unknown;
  return { thin: read(frames?.thin), bare: read(frames?.bare) };
};

describe('the thin form of an event', () => {
  it('is the same event with its ids, times, status and reason as they stand in it, marked as truncated', () => {
    const notes = 'x'.repeat(100_000);
    const { thin, bare } = thinned({ ...around, data: { ...data, notes, customer: { name: notes } } });
    expect(thin).toEqual({ ...around, data: { ...data, truncated: true } });
    expect(bare).toEqual({ ...around, data: { truncated: true } });
  });

  it('keeps the place of its fields, so that it is renamed like any other', () => {
    const frames = thinEventFrames(Buffer.from(JSON.stringify({ ...around, data })));
    expect(frames?.thin.toString()).toMatch(/^\{"event":"appointment\.updated"/);
  });

  it.each([
    ['a long text', 'x'.repeat(65)],
    ['an object', { nested: 'x' }],
    ['a long list', Array.from({ length: 51 }, (_, n) => n)],
    ['a list of objects', [{}]],
  ])('leaves out %s, whatever its key', (_what, value) => {
    const { thin } = thinned({ ...around, data: { id: 12, status: value, previous_notes: value } });
    expect(thin).toEqual({ ...around, data: { id: 12, truncated: true } });
  });

  it('of what is no event frame is none', () => {
    expect(thinned({ ...around, data: 'text' })).toEqual({ thin: null, bare: null });
  });

  it('keeps what PROTOCOL.md says', () => {
    const document = readFileSync('PROTOCOL.md', 'utf8');
    for (const key of [...thinKeys, 'truncated']) expect(document).toContain(`\`${key}\``);
  });
});
