import { describe, expect, it } from '@jest/globals';
import { arrivalOf } from '../../services/ingest/admin/trace.ts';
import type { Kept } from '../../services/ingest/admin/traced-stream.ts';
import { cursorAt, NOON } from '../delivery/fakes.ts';

const at = new Date(NOON).toISOString();
const cursor = cursorAt(NOON);
const NOTHING: Kept = {
  receipts: [],
  pushes: [],
  arrivals: [],
  webhook: undefined,
  stale: [],
  isComplete: true,
};
const saved = { entrance: 'webhook', at, change: 'save', appointment_id: 12 } as const;

describe('how an event came in', () => {
  it('is what was accepted first, and the webhook that it came of; all else is a repeat', () => {
    const accepted = { outcome: 'accepted', id: 'a', entrance: 'webhook', at, cursor } as const;
    const kept: Kept = {
      ...NOTHING,
      webhook: { outcome: 'told', id: 'a', ...saved },
      arrivals: [accepted, { ...accepted, outcome: 'repeat', entrance: 'inbox' }],
    };
    expect(arrivalOf(kept)).toEqual({
      entrance: 'webhook',
      change: 'save',
      appointment_id: 12,
      decided_at: at,
      confirmed_at: at,
      repeats: [{ entrance: 'inbox', at }],
      passed_over: [],
    });
  });

  it('is left open where it was not kept', () => {
    expect(arrivalOf(NOTHING)).toEqual({ repeats: [], passed_over: [] });
  });

  it('comes with the first twenty stale webhooks of its appointment', () => {
    const stale = Array.from(
      { length: 21 },
      (_, n) => ({ outcome: 'stale', id: `m${n}`, ...saved }) as const,
    );
    const ids = arrivalOf({ ...NOTHING, stale }).passed_over.map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 20 }, (_, n) => `m${n}`));
  });
});
