import type { ConfirmChannel } from 'amqplib';
import { v7 } from 'uuid';
import { Cursor } from '../../shared/contract/cursor.ts';
import { encodeHeaders } from '../../shared/contract/message.ts';
import { EXCHANGE } from '../../shared/contract/topology.ts';

/** Publishes a mark of `old`, a delivery of before 0.2: it says of nothing that it reads it. */
export async function publishOldMark(channel: ConfirmChannel): Promise<Cursor> {
  const cursor = Cursor.parse(v7());
  channel.publish(EXCHANGE, 'mark.old', Buffer.alloc(0), {
    messageId: cursor,
    type: 'mark',
    appId: 'old',
    headers: encodeHeaders(cursor, []),
  });
  await channel.waitForConfirms();
  return cursor;
}
