import { connect } from 'amqplib';
import { once } from 'node:events';
import { firstOffset } from '../../shared/broker/first-offset.ts';

/** In the history a message without our headers, in the ledger a marker of nobody's. */
const FILLER = Buffer.from(JSON.stringify({ barrier: 'x'.repeat(60_000) }));
/** More than a segment in all. */
const AT_ONCE = 400;

/** Writes until a policy with max-length-bytes or max-age has taken away what the stream held, all since it was made. */
export async function shortenStream(url: string, stream: string): Promise<void> {
  const model = await connect(url);
  const channel = await model.createConfirmChannel();
  do {
    for (let index = 0; index < AT_ONCE; index += 1)
      channel.sendToQueue(stream, FILLER, { persistent: true });
    await channel.waitForConfirms();
  } while (((await firstOffset(model, stream)) ?? 0) === 0);
  const gone = once(model, 'close');
  await model.close();
  await gone;
}
