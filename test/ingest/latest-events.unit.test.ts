import { describe, expect, it } from '@jest/globals';
import { LatestEvents } from '../../services/ingest/admin/latest-events.ts';
import { companionIdOf } from '../../shared/contract/companion-id.ts';
import { encodeHeaders } from '../../shared/contract/message.ts';
import { cursorAt, NOON } from '../delivery/fakes.ts';

const entry = (messageId: string, type = 'appointment.created') => ({
  properties: { messageId, type, appId: 'ingest', headers: encodeHeaders(cursorAt(NOON), ['provider_4']) },
  content: Buffer.from('{"timestamp":"2026-11-23T12:00:00Z","data":{"id":12}}'),
});

function latestOf(entries: readonly ReturnType<typeof entry>[]): string[] {
  const latest = new LatestEvents();
  for (const one of entries) latest.take(one);
  return latest.rows().map(({ id }) => id);
}

describe('the latest events', () => {
  it('are the last fifty, the newest first', () => {
    const ids = latestOf(Array.from({ length: 51 }, (_, n) => entry(`e${n}`)));
    expect(ids).toEqual(Array.from({ length: 50 }, (_, n) => `e${50 - n}`));
  });

  it('are no marks, no requests of operators, no companions, and nothing of somebody else', () => {
    const strange = {
      properties: { messageId: 'by hand', type: 'appointment.created' },
      content: Buffer.from('{}'),
    };
    const latest = new LatestEvents();
    latest.take(strange);
    for (const one of [entry('m', 'mark'), entry('c', 'control'), entry(companionIdOf('a'), 'calendar.sync')])
      latest.take(one);
    expect(latest.rows()).toEqual([]);
  });

  it('has an event that was published twice once, in its later place', () => {
    expect(latestOf([entry('a'), entry('b'), entry('a')])).toEqual(['a', 'b']);
  });
});
