import { createServer } from 'node:http';
import { answerCalls } from '../../load/answer-calls.ts';
import { flatOut } from '../../load/pace.ts';
import type { PublisherCalls } from '../http-amqp.ts';
import { connectToFloor, FLOOR_EXCHANGE } from './floor-exchange.ts';
import { listen } from './rooms-by-line.ts';

/** One confirmed publish for each POST: `AMQP_URL=… publisher.main.js`. */
const channel = connectToFloor();

async function publish(key: string, content: Buffer): Promise<void> {
  const open = await channel;
  await new Promise<void>((resolve, reject) => {
    open.publish(FLOOR_EXCHANGE, key, content, { persistent: true }, (error: Error | null) =>
      error === null ? resolve() : reject(error),
    );
  });
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { room, data } = JSON.parse(Buffer.concat(chunks).toString()) as { room: string; data: unknown };
    const answer = (status: number) => response.writeHead(status, { 'content-length': 0 }).end();
    publish(room.replace('_', '.'), Buffer.from(JSON.stringify(data))).then(
      () => answer(202),
      () => answer(503),
    );
  });
});
const port = listen(server);

answerCalls({
  port: async () => {
    await channel;
    return port;
  },
  flood: async ({ messages, atOnce, text }) => {
    await flatOut(messages, atOnce, () => publish('customer.9', Buffer.from(text)));
  },
} satisfies PublisherCalls);
