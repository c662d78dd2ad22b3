import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { INGEST_KEY, problemIn } from '../support/ingest.ts';
import { bareServer } from './bare-server.ts';

const KIB = 1024;

/** Ingest's port before an intake that answers nothing until it is told to. */
async function serve() {
  const taken: number[] = [];
  const answers: (() => void)[] = [];
  const arrivals: (() => void)[] = [];
  const server = await bareServer({
    intake: {
      // oxlint-disable-next-line require-yield -- it has no need to pause
      *steps({ body }) {
        taken.push(body.byteLength);
        for (const arrived of arrivals.splice(0)) arrived();
        return { single: false, receipts: new Promise((resolve) => answers.push(() => resolve([]))) };
      },
    },
  });
  const { port, url } = server;
  const headers = { authorization: `Bearer ${INGEST_KEY}`, 'content-type': 'application/json' };
  return {
    port,
    taken,
    until: async (count: number) => {
      while (taken.length < count) await new Promise<void>((resolve) => arrivals.push(resolve));
    },
    answer: () => answers.shift()?.(),
    post: (body: Buffer | ReadableStream) =>
      fetch(`${url}/v1/events`, { method: 'POST', headers, body, duplex: 'half' }),
    [Symbol.asyncDispose]: async () => {
      for (const answer of answers) answer();
      server.server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

const large = (kib = 100) => Buffer.alloc(kib * KIB, ' ');
const streamed = (body: Buffer) => new Blob([body]).stream();

describe('large bodies', () => {
  it('above INGEST_MAX_LARGE_BODIES_BYTES wait unread while small ones pass, and go on as others are answered', async () => {
    await using ingest = await serve();
    const first = ingest.post(large());
    await ingest.until(1);
    const second = ingest.post(large());
    const small = ingest.post(large(32));
    await ingest.until(2);
    expect(ingest.taken).toEqual([100 * KIB, 32 * KIB]);
    ingest.answer();
    expect((await first).status).toBe(202);
    await ingest.until(3);
    expect(ingest.taken).toEqual([100 * KIB, 32 * KIB, 100 * KIB]);
    ingest.answer();
    ingest.answer();
    expect((await small).status).toBe(202);
    expect((await second).status).toBe(202);
  });

  it('that waited too long are told to come again, and those that are too large at once', async () => {
    await using ingest = await serve();
    const first = ingest.post(large());
    await ingest.until(1);
    const second = await ingest.post(large());
    expect(second.status).toBe(503);
    expect(second.headers.get('retry-after')).toBe('2');
    expect(await problemIn(second)).toMatchObject({ code: 'too_many_bodies' });
    const tooLarge = await ingest.post(large(101));
    expect(await problemIn(tooLarge)).toMatchObject({ code: 'body_too_large' });
    ingest.answer();
    expect((await first).status).toBe(202);
  });

  it('that do not say their length count once they are read, and small ones of that kind do not', async () => {
    await using ingest = await serve();
    const first = ingest.post(streamed(large()));
    await ingest.until(1);
    const second = ingest.post(streamed(large()));
    const small = ingest.post(streamed(large(1)));
    await ingest.until(2);
    expect(ingest.taken).toEqual([100 * KIB, KIB]);
    ingest.answer();
    await ingest.until(3);
    ingest.answer();
    ingest.answer();
    const answers = await Promise.all([first, second, small]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  });

  it('whose sender has left give their place back', async () => {
    await using ingest = await serve();
    const socket = connect(ingest.port, '127.0.0.1');
    const head = `POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${INGEST_KEY}\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: ${100 * KIB}\r\n\r\n`);
    socket.write(large());
    await ingest.until(1);
    const second = ingest.post(large());
    socket.destroy();
    await once(socket, 'close');
    await ingest.until(2);
    ingest.answer();
    ingest.answer();
    expect((await second).status).toBe(202);
  });
});
