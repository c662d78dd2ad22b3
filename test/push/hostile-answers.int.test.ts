import { afterEach, describe, expect, it } from '@jest/globals';
import dns from 'node:dns';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { guardedLookup, PrivateAddressError } from '../../services/push/http/guarded-lookup.ts';
import { HttpsClient, type HttpsOptions } from '../../services/push/http/https-client.ts';
import { selfSigned } from '../../tools/push-service/self-signed.ts';

let server: Server | undefined;
let client: HttpsClient | undefined;
const sockets: TLSSocket[] = [];

/** An endpoint that does as it likes with a request. */
async function hostile(act: (socket: TLSSocket) => void, options: Partial<HttpsOptions> = {}) {
  const { key, cert } = selfSigned();
  server = createServer({ key, cert }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => act(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = new HttpsClient({ timeoutMs: 60_000, maxAnswerBytes: 1_000, ca: cert, ...options });
  return client.post(`https://localhost:${port}/x`, {}, Buffer.from('x'));
}

afterEach(() => {
  client?.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
});

const HEAD = 'HTTP/1.1 201 Created\r\n';

describe('a hostile push service', () => {
  it('has an answer of any length read up to a bound', async () => {
    const { status, body } = await hostile((socket) => {
      socket.write(`${HEAD}Content-Length: 1000000000\r\n\r\n`);
      const flood = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(16_384, 'x')));
      };
      socket.on('drain', flood);
      flood();
    });
    expect([status, body.byteLength]).toEqual([201, 1_000]);
  });

  it('cannot hold a request by a trickle: its status counts, and the rest is not waited for', async () => {
    let trickle: NodeJS.Timeout | undefined;
    const act = (socket: TLSSocket) => {
      socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
      trickle = setInterval(() => socket.write('1\r\nx\r\n'), 10);
    };
    const { status } = await hostile(act, { timeoutMs: 300 });
    clearInterval(trickle);
    expect(status).toBe(201);
  });

  it('cannot hold a request by headers that never end', async () => {
    let trickle: NodeJS.Timeout | undefined;
    const act = (socket: TLSSocket) => {
      socket.write(HEAD);
      trickle = setInterval(() => socket.write('x: y\r\n'), 10);
    };
    await expect(hostile(act, { timeoutMs: 300 })).rejects.toThrow('no answer within 300 ms');
    clearInterval(trickle);
  });

  it('is not read beyond headers of a kilobyte or sixteen', async () => {
    const act = (socket: TLSSocket) => socket.write(`${HEAD}x: ${'y'.repeat(100_000)}\r\n\r\n`);
    await expect(hostile(act)).rejects.toThrow(/[Hh]eader/);
  });

  it('is not followed where it redirects', async () => {
    const location = 'https://169.254.169.254/latest/meta-data/';
    const act = (socket: TLSSocket) =>
      socket.end(`HTTP/1.1 307 Elsewhere\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
    expect(await hostile(act)).toMatchObject({ status: 307, headers: { location } });
  });

  it('is not connected to where its name leads into our network', async () => {
    const lookup = guardedLookup(() => false, { elsewhere: dns.lookup });
    let isReached = false;
    await expect(hostile(() => (isReached = true), { lookup })).rejects.toThrow(PrivateAddressError);
    expect(isReached).toBe(false);
  });

  it('is not trusted with a certificate of its own making', async () => {
    const { cert: other } = selfSigned();
    await expect(hostile(() => undefined, { ca: other })).rejects.toThrow(/self.signed/);
  });
});
