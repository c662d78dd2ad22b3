import { connect, type ConfirmChannel } from 'amqplib';
import { v7 } from 'uuid';
import { Cursor } from '../shared/contract/cursor.ts';
import { encodeEventFrame } from '../shared/contract/event.ts';
import { encodeHeaders } from '../shared/contract/message.ts';
import { routingKeyOf, type Room } from '../shared/contract/routing.ts';
import { EXCHANGE } from '../shared/contract/topology.ts';

/** Confirms are awaited per batch, as a busy ingest would. */
const BATCH = 1_000;

/** Publishes entries as ingest does; `roomOf` says whom the nth concerns. Resolves with the cursor of the first. */
export async function fillHistory(url: string, count: number, roomOf: (n: number) => Room): Promise<Cursor> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  let first: Cursor | undefined;
  for (let from = 0; from < count; from += BATCH) {
    for (let n = from; n < Math.min(count, from + BATCH); n += 1) {
      const cursor = publishEntry(channel, roomOf(n), n);
      first ??= cursor;
    }
    await channel.waitForConfirms();
  }
  await connection.close();
  if (first === undefined) throw new Error('nothing was published');
  return first;
}

function publishEntry(channel: ConfirmChannel, room: Room, n: number): Cursor {
  const cursor = Cursor.parse(v7());
  const timestamp = new Date().toISOString();
  const data = { id: n + 1, provider_id: 4, start: '2026-12-03T10:00:00+01:00', notes: 'x'.repeat(100) };
  const event = { id: cursor, name: 'appointment.updated', data, timestamp, rooms: [room] } as const;
  channel.publish(EXCHANGE, routingKeyOf(room), encodeEventFrame(event, cursor), {
    messageId: cursor,
    type: event.name,
    appId: 'bench',
    persistent: true,
    headers: encodeHeaders(cursor, [room]),
  });
  return cursor;
}
