import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { resolveName } from '../../services/ingest/accept/event-names.ts';
import { underscoreNameByData, underscoreNameOf } from '../../shared/contract/event-naming.ts';

/** Every event that the fork's own server sends. */
const forkNames = readdirSync(new URL('../fixtures/original-websocket/server/', import.meta.url))
  .map((file) => /^event\.(\w+)\.json$/.exec(file)?.[1])
  .filter((name) => name !== undefined);

/** What the existing apps are told an event is, from what ingest makes of the name that a backend gave. */
function comesBackAs(given: string): string | undefined {
  const resolved = resolveName(given);
  if (resolved === undefined) return undefined;
  const { name, reason } = resolved;
  return underscoreNameByData({ name, data: { reason } }) ?? underscoreNameOf(name);
}

describe('the names of the existing apps', () => {
  it.each([
    ['appointment.created', 'appointment_created'],
    ['appointment.updated', 'appointment_updated'],
    ['appointment.cancelled', 'appointment_deleted'],
    ['calendar.sync', 'calendar_sync'],
  ])('%s is %s by its type alone', (type, name) => {
    expect(underscoreNameOf(type)).toBe(name);
  });

  it('there are fixtures of the six that their server sends', () => {
    expect(forkNames.length).toBe(6);
  });

  it.each([...forkNames, 'unavailability_updated', 'provider_status_changed'])(
    '%s goes out as it came in',
    (name) => {
      expect(comesBackAs(name)).toBe(name);
    },
  );

  it.each([
    ['unavailability.saved', 'unavailability_created'],
    ['unavailability.deleted', 'unavailability_deleted'],
  ])('a calendar.sync of a webhook with the reason %s is %s', (reason, name) => {
    expect(underscoreNameByData({ name: 'calendar.sync', data: { reason } })).toBe(name);
  });

  it.each([
    ['no reason', {}],
    ['the reason of an appointment', { reason: 'appointment.created' }],
    ['a gap', { reason: 'gap' }],
    ['a reason that they have no event for', { reason: 'blocked_period.saved' }],
    ['a reason that is no text', { reason: ['unavailability.saved'] }],
    ['a reason that objects have', { reason: 'constructor' }],
  ])('a calendar.sync with %s is no event of theirs', (_what, data) => {
    expect(underscoreNameByData({ name: 'calendar.sync', data })).toBeUndefined();
  });

  it('the data of an appointment never changes what it is called', () => {
    const data = { reason: 'unavailability.deleted' };
    expect(underscoreNameByData({ name: 'appointment.created', data })).toBeUndefined();
  });
});
