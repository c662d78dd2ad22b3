import { answerCalls } from '../../load/answer-calls.ts';
import type { CountingCalls } from '../../load/receiver-calls.ts';
import { Tally } from '../../load/tally.ts';
import { connectToFloor, FLOOR_EXCHANGE } from './floor-exchange.ts';

/** One consume of each message: `AMQP_URL=… consumer.main.js`. */
const PREFETCH = 1_000;
const tally = new Tally();
const ready = consume();

async function consume(): Promise<void> {
  const channel = await connectToFloor();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, FLOOR_EXCHANGE, '#');
  await channel.prefetch(PREFETCH);
  await channel.consume(queue, (message) => {
    if (message === null) return;
    tally.add(message.content);
    channel.ack(message);
  });
}

answerCalls({
  counts: async () => {
    await ready;
    return tally.counts();
  },
  latenciesUs: () => Promise.resolve(tally.takeLatenciesUs()),
} satisfies CountingCalls);
