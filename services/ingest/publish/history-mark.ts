import { CONFIRM_KEY_HEADER } from '../../../shared/broker/confirms.ts';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import { encodeHeaders, MARK_TYPE } from '../../../shared/contract/message.ts';
import { HISTORY } from '../../../shared/contract/topology.ts';
import type { NextCursor } from '../accept/ports.ts';

/** Everything that was confirmed before the mark stands before it: a reader that comes to it has read all of that. */
export async function publishHistoryMark(
  publisher: Pick<ConfirmPublisher, 'publish'>,
  nextCursor: NextCursor,
): Promise<Cursor> {
  const mark = nextCursor();
  await publisher.publish({
    exchange: '',
    routingKey: HISTORY,
    body: Buffer.alloc(0),
    key: mark,
    properties: {
      messageId: mark,
      type: MARK_TYPE,
      headers: { ...encodeHeaders(mark, []), [CONFIRM_KEY_HEADER]: mark },
    },
  });
  return mark;
}
