import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { backOffMs } from '../../client/src/backoff.ts';
import { DeliveryVariables } from '../../services/delivery/config.ts';
import { acceptEvent } from '../../services/ingest/accept/accept.ts';
import { inOneGo } from '../../services/ingest/accept/steps.ts';
import { readInput } from '../../services/ingest/accept/read-input.ts';
import { roomsByRule } from '../../services/ingest/accept/rooms-of.ts';
import { closeCodes } from '../../shared/contract/close-codes.ts';
import { errorRegistry } from '../../shared/contract/errors.ts';
import { calendarReasons } from '../../shared/contract/event-kinds.ts';
import { eventNames, kindOf } from '../../shared/contract/event.ts';
import {
  EventFrame,
  frameErrorCodes,
  parseClientFrame,
  resumeFailures,
  ServerFrame,
} from '../../shared/contract/frames.ts';
import { exampleLines, examples } from '../../tools/asyncapi/protocol-examples.ts';
import { namesIn, tableOf } from '../support/protocol-examples.ts';
import { TEST_SECRET } from '../support/tokens.ts';
import { roleRules, roles, roomKinds, type RoleRule } from '../../shared/contract/rooms.ts';
import { EXCHANGE, HISTORY, INBOX, REJECTED, REJECTED_REASON } from '../../shared/contract/topology.ts';

const document = readFileSync('PROTOCOL.md', 'utf8');
const NOW = '2026-11-23T09:00:00Z';

const one = (label: string): unknown => JSON.parse(examples(label)[0] ?? '');

describe('the examples of PROTOCOL.md', () => {
  it('the event is accepted as it stands', () => {
    expect(acceptEvent(one('event'), { now: NOW })).toHaveProperty('value');
  });

  it('the CloudEvent is accepted as it stands', () => {
    const body = Buffer.from(examples('cloudevent')[0] ?? '');
    const read = inOneGo(
      readInput({ entrance: 'events', wrapping: { kind: 'cloud-event' }, body }, { now: NOW }),
    );
    expect(read).toMatchObject({ events: [{ id: '/bookings#b-12', rooms: ['provider_4', 'customer_6'] }] });
  });

  it('the fork’s call is accepted as it stands', () => {
    expect(acceptEvent(one('broadcast'), { now: NOW, withoutRooms: 'everyone' })).toHaveProperty('value');
  });

  it.each(exampleLines('client'))('client frame %s', (line) => {
    expect(parseClientFrame(line)).toHaveProperty('action');
  });

  it.each(exampleLines('server'))('server frame %s', (line) => {
    expect(ServerFrame.safeParse(JSON.parse(line)).error).toBeUndefined();
  });

  it('the event frame', () => {
    expect(EventFrame.safeParse(one('event-frame')).error).toBeUndefined();
  });
});

describe('PROTOCOL.md names', () => {
  it.each([
    ...Object.keys(errorRegistry),
    ...frameErrorCodes,
    ...resumeFailures,
    ...eventNames,
    ...eventNames.flatMap((name) => kindOf(name).underscoreName ?? []),
    ...Object.values(calendarReasons),
    ...[EXCHANGE, HISTORY, INBOX, REJECTED, REJECTED_REASON],
  ])('%s', (name) => {
    expect(document).toContain(`\`${name}\``);
  });

  it.each(Object.values(closeCodes).map(({ code }) => code))('close code %d', (code) => {
    expect(document).toMatch(new RegExp(`\\| [\\d, ]*${code}[\\d, ]* +\\|`));
  });
});

describe('PROTOCOL.md has the table of the code', () => {
  it('of events and the rooms that the rule gives them', () => {
    const written = tableOf('event').flatMap(([events = '', rooms = '']) =>
      namesIn(events).map((name) => [
        name,
        { value: namesIn(rooms).map((room) => room.replace('{id}', '4')) },
      ]),
    );
    const concerned = { appointmentId: 4, providerId: 4, customerId: 4, secretaryIds: [4] };
    expect(written).toEqual(eventNames.map((name) => [name, roomsByRule(name, concerned)]));
  });

  it('of roles and what they may join', () => {
    const written = tableOf('role').map(([role, joined = '', more]) => [role, namesIn(joined), more]);
    expect(written).toEqual(
      roles.map((role) => {
        const { personal, shared, mayJoinAny }: RoleRule = roleRules[role];
        const joined = [...personal.map((kind) => `${kind}_{id}`), ...shared];
        return [role, joined, mayJoinAny ? 'any room' : 'its own'];
      }),
    );
  });

  it.each([
    ['kinds of rooms', /^Rooms are (.*);/m, roomKinds],
    ['roles of a token', /`role` is one of (.*?)\./, roles],
  ] as const)('of %s', (_what, sentence, known) => {
    const written = namesIn(sentence.exec(document)?.[1] ?? '');
    expect(written.map((name) => name.replace('_{id}', ''))).toEqual(known);
  });
});

it('PROTOCOL.md gives the heartbeat in the defaults of the settings', () => {
  const { PING_INTERVAL_MS, PONG_TIMEOUT_MS } = DeliveryVariables.parse({ JWT_SECRET: TEST_SECRET });
  expect(document).toContain(`(\`PING_INTERVAL_MS\`, ${PING_INTERVAL_MS / 1_000} s)`);
  expect(document).toContain(`\`PONG_TIMEOUT_MS\` (${PONG_TIMEOUT_MS / 1_000} s)`);
  expect(document).toContain(`give up after ${PONG_TIMEOUT_MS / 1_000} s more than`);
});

it('PROTOCOL.md advises the delay that the SDK takes', () => {
  const seconds = [backOffMs(0, 0), backOffMs(0, 1), backOffMs(99, 1)].map((ms) => ms / 1_000);
  const [, ...advised] =
    /from ([\d.]+) s to a bound, which is (\d+) s at first.*\n.*ends at (\d+) s/.exec(document) ?? [];
  expect(advised.map(Number)).toEqual(seconds);
});
