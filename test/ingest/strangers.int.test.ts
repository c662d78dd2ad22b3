import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { RawSocket } from '../support/raw-socket.ts';
import { bareServer } from './bare-server.ts';

afterEach(() => void jest.useRealTimers());

/** Ingest's port, and the codes of what it refused. */
async function serve() {
  const refused: string[] = [];
  const server = await bareServer(
    { observer: { refused: ({ code }) => void refused.push(code) } },
    { ingestMaxBadKeys: 1 },
  );
  return { ...server, refused };
}

describe('who shows no good key', () => {
  it('gets no answers on a connection that is cut because of too many requests', async () => {
    await using ingest = await serve();
    await using raw = await RawSocket.open(ingest.port);
    raw.write('GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000));
    await raw.closed;
    expect((await fetch(`${ingest.url}/v1/events`)).status).toBe(405);
    expect(ingest.refused).toEqual(['method_not_allowed']);
  });

  it('waits 200 ms for the answer to each guess past the limit', async () => {
    await using ingest = await serve();
    const guess = async () => {
      const raw = await RawSocket.open(ingest.port);
      const asked = once(ingest.server, 'request');
      raw.write('POST /v1/events HTTP/1.1\r\nHost: a\r\nX-API-Key: wrong\r\nContent-Length: 0\r\n\r\n');
      await asked;
      await new Promise((resolve) => setImmediate(resolve));
      return raw;
    };
    await using first = await guess();
    expect(ingest.refused).toEqual(['unauthorized']);
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] });
    await using second = await guess();
    jest.advanceTimersByTime(199);
    expect(ingest.refused).toEqual(['unauthorized']);
    jest.advanceTimersByTime(1);
    expect(ingest.refused).toEqual(['unauthorized', 'too_many_requests']);
    expect([first, second].every(Boolean)).toBe(true);
  });
});
