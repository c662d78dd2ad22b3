import { expect, it } from '@jest/globals';
import { publishHistoryMark } from '../../services/ingest/publish/history-mark.ts';
import type { OutgoingMessage } from '../../shared/broker/confirms.ts';
import { parseHistoryEntries } from '../../shared/contract/message.ts';
import { cursorAt, NOON } from '../delivery/fakes.ts';

it('a mark of ingest names nobody: delivery takes no time from it', async () => {
  const published: OutgoingMessage[] = [];
  const publish = (message: OutgoingMessage) => {
    published.push(message);
    return Promise.resolve('prompt' as const);
  };
  const cursor = await publishHistoryMark({ publish }, () => cursorAt(NOON));
  const [message] = published.map(({ body, properties }) => ({ content: body, properties }));
  expect(message && parseHistoryEntries(message)).toEqual([{ kind: 'mark', cursor, origin: '' }]);
});
