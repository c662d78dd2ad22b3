import fc from 'fast-check';
import assert from 'node:assert/strict';
import type { Announcement } from '../../services/ingest/accept/ports.ts';
import type { Refusal } from '../../services/ingest/accept/problems.ts';
import type { Input } from '../../services/ingest/accept/read-input.ts';
import { faultOfRefusal, problemDocument } from '../../services/ingest/http/problem.ts';
import { isAppointmentEvent } from '../../shared/contract/event.ts';
import { EventFrame } from '../../shared/contract/frames.ts';
import { encodeHeaders, parseHistoryEntries } from '../../shared/contract/message.ts';
import { EVERYONE, parseRoom, routingKeyOf } from '../../shared/contract/routing.ts';
import { world } from '../ingest/intake-world.ts';
import { anyInput } from './any-event.ts';
import type { FuzzProperty } from './property.ts';

const MAX_EVENT_BYTES = 64 * 1024;
/** Of a frame beside its data: name, time, id, cursor. */
const FRAME_BYTES = 1_024;
/** AMQP's short strings: keys, ids. */
const SHORT_BYTES = 255;
const LONE_SURROGATE = /\p{Cs}/u;
/** What people may see in `calendar` whom the appointment does not concern. */
const THIN = /^(reason|appointment_id|provider_id|start|end|start_local|end_local|previous_\w+)$/;

/** Any bytes at any entrance are events that every part behind it can carry, or problems that their sender can read. */
export const bodies: FuzzProperty = {
  name: 'a body is events or problems',
  feeds: 'bodies',
  shortRuns: 1_000,
  create: (fed) =>
    fc.asyncProperty(anyInput, async (input) => {
      fed(1);
      const { intake, handedOver, confirm } = world();
      const taken = intake.take(input);
      if ('problems' in taken) {
        assert.equal(handedOver.length, 0);
        checkRefusal(taken);
        return;
      }
      for (const announcement of handedOver) checkAnnouncement(announcement);
      checkCompanions(handedOver);
      if (input.wrapping.kind === 'plain' && input.entrance === 'events') checkData(input, handedOver);
      confirm();
      for (const { id, rooms } of await taken.receipts) {
        assert.ok(id !== '');
        assert.ok(rooms.every((room) => parseRoom(room) === room || room === EVERYONE));
      }
    }),
};

function checkRefusal(refusal: Refusal): void {
  assert.ok(refusal.problems.length > 0);
  for (const { path, message } of refusal.problems) {
    assert.match(path, /^(\/.*)?$/s);
    assert.ok(message !== '' && !LONE_SURROGATE.test(path + message));
  }
  const { status } = JSON.parse(JSON.stringify(problemDocument(faultOfRefusal(refusal)))) as {
    status: number;
  };
  assert.ok(status >= 400 && status < 500);
}

/** That the broker takes it, delivery reads it back, and a client is sent a frame of the contract. */
function checkAnnouncement({ event, cursor, body, contents }: Announcement): void {
  const frame = EventFrame.parse(JSON.parse(body.toString(), wellFormed));
  assert.equal(frame.id, event.id);
  assert.ok(body.byteLength <= MAX_EVENT_BYTES + FRAME_BYTES);
  assert.ok(event.rooms.length > 0);
  assert.equal(new Set(event.rooms).size, event.rooms.length);
  for (const room of event.rooms) {
    assert.ok(room === EVERYONE || parseRoom(room) === room);
    assert.ok(Buffer.byteLength(routingKeyOf(room)) <= SHORT_BYTES);
  }
  assert.ok(Buffer.byteLength(event.id) <= SHORT_BYTES);
  const headers = { ...encodeHeaders(cursor, event.rooms), ...contents };
  const properties = { messageId: event.id, type: event.name, appId: 'ingest', headers };
  const [entry] = parseHistoryEntries({ properties, content: body });
  assert.ok(entry?.kind === 'event');
  assert.deepEqual(
    [entry.id, entry.type, entry.cursor, entry.rooms],
    [event.id, event.name, cursor, event.rooms],
  );
}

/** Strict parsers of clients refuse halves of surrogate pairs. */
function wellFormed(key: string, value: unknown): unknown {
  assert.ok(!LONE_SURROGATE.test(key) && !(typeof value === 'string' && LONE_SURROGATE.test(value)));
  return value;
}

function checkCompanions(announcements: readonly Announcement[]): void {
  for (const { event } of announcements) {
    const isCompanion = event.id.endsWith(':calendar');
    if (isCompanion) {
      assert.deepEqual([event.name, event.rooms], ['calendar.sync', ['calendar']]);
      assert.deepEqual(
        Object.keys(event.data).filter((key) => !THIN.test(key)),
        [],
      );
    } else if (isAppointmentEvent(event.name)) {
      assert.ok(!event.rooms.includes('calendar'));
      const companions = announcements.filter((other) => other.event.id === `${event.id}:calendar`);
      assert.equal(companions.length, 1);
    }
  }
}

/** What a backend sends of an appointment reaches clients unchanged. */
function checkData({ body }: Input, announcements: readonly Announcement[]): void {
  const sent = [JSON.parse(new TextDecoder().decode(body)) as unknown].flat() as { data: unknown }[];
  const given = new Set(sent.map(({ data }) => JSON.stringify(data)));
  for (const { event } of announcements) {
    if (isAppointmentEvent(event.name)) assert.ok(given.has(JSON.stringify(event.data)));
  }
}
