import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { faultsIn } from '../support/faults-in.ts';
import { INGEST_KEY, TestIngest } from '../support/ingest.ts';
import { RawSocket } from '../support/raw-socket.ts';

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await TestIngest.start();
});
afterAll(() => ingest[Symbol.asyncDispose]());

const EVENT = '{"event":"calendar.sync","data":{}}';
const HEAD = `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: ${INGEST_KEY}\r\n`;
/** What a proxy that reads the first request otherwise would let through as its body. */
const SMUGGLED = `${HEAD}Content-Length: ${EVENT.length}\r\n\r\n${EVENT}`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** RFC 9112 sections 6.1, 6.3 and 11.2: what two servers in a row may read in two ways. */
const shapes: readonly (readonly [what: string, request: string])[] = [
  [
    'Content-Length beside Transfer-Encoding',
    `${HEAD}Content-Length: 6\r\n${CHUNKED}\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  [
    'Transfer-Encoding beside Content-Length',
    `${HEAD}${CHUNKED}Content-Length: 6\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ['two lengths', `${HEAD}Content-Length: 0\r\nContent-Length: 5\r\n\r\n${SMUGGLED}`],
  ['two equal lengths', `${HEAD}Content-Length: 0\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`],
  ['a list of lengths', `${HEAD}Content-Length: 0, 5\r\n\r\n${SMUGGLED}`],
  ['a length with a sign', `${HEAD}Content-Length: +0\r\n\r\n${SMUGGLED}`],
  ['a negative length', `${HEAD}Content-Length: -1\r\n\r\n${SMUGGLED}`],
  ['a length in hex', `${HEAD}Content-Length: 0x0\r\n\r\n${SMUGGLED}`],
  ['a length with letters', `${HEAD}Content-Length: 0abc\r\n\r\n${SMUGGLED}`],
  ['a length beyond 64 bits', `${HEAD}Content-Length: 18446744073709551616\r\n\r\n${SMUGGLED}`],
  [
    'chunked that is not the last coding',
    `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ['an unknown coding', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['a coding in quotes', `${HEAD}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['a space before the colon', `${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  [
    'a control character before a coding',
    `${HEAD}Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ['two codings', `${HEAD}${CHUNKED}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  [
    'a folded header',
    `${HEAD}X-A: b\r\n Content-Length: 0\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ['NUL in a header', `${HEAD}X-A: b\u0000c\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`],
  ['a header without a colon', `${HEAD}Content-Length 0\r\n\r\n${SMUGGLED}`],
  ['a header without a name', `${HEAD}: 0\r\n\r\n${SMUGGLED}`],
  ['a bare CR as the end of a line', `${HEAD}X-A: b\rContent-Length: 0\r\n\r\n${SMUGGLED}`],
  ['a chunk size with a sign', `${HEAD}${CHUNKED}\r\n-1\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['a chunk size in 0x', `${HEAD}${CHUNKED}\r\n0x0\r\n\r\n${SMUGGLED}`],
  ['a chunk size beyond 64 bits', `${HEAD}${CHUNKED}\r\n10000000000000000\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['a chunk longer than it says', `${HEAD}${CHUNKED}\r\n2\r\n{}}\r\n0\r\n\r\n${SMUGGLED}`],
  ['a chunk that ends in LF', `${HEAD}${CHUNKED}\r\n2\r\n{}\n0\r\n\r\n${SMUGGLED}`],
  ['a chunk extension with a CR in it', `${HEAD}${CHUNKED}\r\n0;a\rb\r\n\r\n${SMUGGLED}`],
  ['the preface of HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${SMUGGLED}`],
  ['an HTTP version that there is not', `GET /openapi.json HTTP/1.9\r\nHost: x\r\n\r\n${SMUGGLED}`],
];

describe('a request that a proxy may read otherwise', () => {
  it.each(shapes)('for %s is refused, and nothing behind it is taken for another', async (_what, request) => {
    await using socket = await RawSocket.open(ingest.service.httpPort);
    socket.write(request);
    const answer = await socket.answer();
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    expect(statuses).toEqual(['400']);
    expect(await ingest.publishedSince()).toEqual([]);
    expect(faultsIn(ingest.log)).toEqual([]);
  });

  it('that is given up is cut off, also where its client keeps its own side open', async () => {
    await using slow = await TestIngest.start({ env: { INGEST_REQUEST_TIMEOUT_MS: '1000' } });
    await using socket = await RawSocket.open(slow.service.httpPort);
    socket.write(`${HEAD}Content-Length: 1000000\r\n\r\n{`);
    expect(await socket.answer()).toMatch(/^HTTP\/1.1 408 /);
    expect(await socket.isReset()).toBe(true);
  });

  it('in two that are both good is two requests, as HTTP/1.1 has it', async () => {
    await using socket = await RawSocket.open(ingest.service.httpPort);
    socket.write(SMUGGLED + SMUGGLED);
    await socket.until((received) => received.toString().split('HTTP/1.1 202').length === 3);
    expect((await ingest.publishedSince()).length).toBe(2);
  });
});
