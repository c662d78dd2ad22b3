import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { ClosedPhones } from '../../../tools/demo/closed-phones.ts';
import { startDemo, type DemoOptions } from '../../../tools/demo/demo-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const ada = { do: 'book', customer: 'Ada', start: '2026-12-03T10:00:00Z', minutes: 60 };

/** The demo before a pair that takes all events, unless told otherwise. */
async function started(options: Partial<DemoOptions> = {}) {
  const published: object[] = [];
  const demo = await startDemo({
    port: 0,
    deliveryPort: 1,
    makeToken: () => 'a-token',
    phones: undefined,
    restartDelivery: () => Promise.resolve(),
    publish: (event) => {
      published.push(event);
      return Promise.resolve();
    },
    ...options,
  });
  closing.push(() => demo.close());
  const origin = `http://127.0.0.1:${demo.port}`;
  const post = (path: string, body: object, headers: Record<string, string> = { origin }) =>
    fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const kept = async () =>
    ((await (await fetch(`${origin}/demo/bookings`)).json()) as { bookings: unknown[] }).bookings;
  return { demo, origin, post, kept, published };
}

/** Stands for delivery: a WebSocket that says where it was asked for. */
async function echo() {
  const server = createServer();
  new WebSocketServer({ server }).on('connection', (socket, { url, headers }) =>
    socket.send(`${url ?? ''} ${headers.origin ?? ''}`),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const LINK = '3f0f7d6e-3c0a-4c57-9f0a-3f7b6d1f0a11';
const OTHER = '8d7c1f52-7d0e-4a39-9f0b-0c2f6f1e7b22';

function open(origin: string, link: string, from = origin): WebSocket {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws?link=${link}`, { origin: from });
  socket.on('error', () => undefined);
  closing.push(() => socket.terminate());
  return socket;
}

/** Whatever else it says before. */
const closeOf = (socket: WebSocket) => new Promise<number>((closed) => socket.on('close', closed));

describe('the server of the demo page', () => {
  it('books what the page asks for once ingest has it', async () => {
    const { post, kept, published } = await started();
    expect((await post('/demo/bookings', ada)).status).toBe(200);
    expect(published).toMatchObject([{ event: 'appointment.created', data: { customer_name: 'Ada' } }]);
    expect(await kept()).toMatchObject([{ customer: 'Ada' }]);
    const again = await post('/demo/bookings', { ...ada, customer: 'Alan' });
    expect(again.status).toBe(409);
    expect(await again.json()).toEqual({ message: 'Ada has that time already.' });
  });

  it('keeps nothing that ingest refuses, and says why', async () => {
    const { post, kept } = await started({
      publish: () => Promise.reject(new Error('ingest answered 503')),
    });
    const answer = await post('/demo/bookings', ada);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toEqual({ message: 'ingest answered 503' });
    expect(await kept()).toEqual([]);
  });

  it('gives one time to one of two who ask at once', async () => {
    const { post, published } = await started();
    const answers = await Promise.all([post('/demo/bookings', ada), post('/demo/bookings', ada)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(published).toHaveLength(1);
  });

  it.each([
    ['/demo/bookings', ada],
    ['/demo/token', {}],
    ['/demo/restart', {}],
    ['/demo/link', { link: LINK, cut: true }],
    ['/demo/phone', { phone: LINK, closed: true }],
  ])('does nothing at %s for a page of another origin, or without one', async (path, body) => {
    let restarts = 0;
    const { post, published, demo } = await started({
      restartDelivery: () => {
        restarts += 1;
        return Promise.resolve();
      },
    });
    const others = [
      'http://evil.example',
      'null',
      `http://127.0.0.1:${demo.port + 1}`,
      `https://127.0.0.1:${demo.port}`,
    ];
    for (const origin of others) expect((await post(path, body, { origin })).status).toBe(403);
    expect((await post(path, body, {})).status).toBe(403);
    expect({ published, restarts }).toEqual({ published: [], restarts: 0 });
  });

  it('is not there under a name that somebody else made lead here', async () => {
    const { demo } = await started();
    const asked = request({ host: '127.0.0.1', port: demo.port, headers: { host: 'evil.example' } }).end();
    const [answer] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(421);
  });

  it.each([
    [{ do: 'book' }, 400],
    [{ ...ada, minutes: 0 }, 400],
    [{ ...ada, customer: 'x'.repeat(5_000) }, 413],
  ])('refuses what is no change: %j', async (body, status) => {
    const { post, published } = await started();
    expect((await post('/demo/bookings', body)).status).toBe(status);
    expect(published).toEqual([]);
  });

  it('lets the page load nothing from elsewhere and nobody frame it', async () => {
    const { origin } = await started();
    const policy = (await fetch(origin)).headers.get('content-security-policy');
    expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  });
});

describe('the phone of a page', () => {
  it('has no app to close where push is off', async () => {
    const { origin, post } = await started();
    expect(await (await fetch(`${origin}/demo/bookings`)).json()).toMatchObject({ push: false });
    expect((await post('/demo/phone', { phone: LINK, closed: true })).status).toBe(404);
  });

  it('stays open where delivery does not take it, and shows nothing', async () => {
    const phones = await ClosedPhones.start();
    closing.push(() => phones.close());
    const { origin, post } = await started({ phones });
    expect((await post('/demo/phone', { phone: LINK, closed: true })).status).toBe(502);
    const shown = await fetch(`${origin}/demo/phone?phone=${LINK}`);
    expect(await shown.json()).toEqual({ rung: [] });
  });
});

describe('the link of a page', () => {
  it('leads to delivery until it is cut, and again once it is healed; others go on', async () => {
    const { origin, post } = await started({ deliveryPort: await echo() });
    const [phone, other] = [open(origin, LINK), open(origin, OTHER)];
    const [[said]] = (await Promise.all([once(phone, 'message'), once(other, 'message')])) as [
      [Buffer],
      [Buffer],
    ];
    expect(said.toString()).toBe(`/ws ${origin}`);
    const closed = closeOf(phone);
    await post('/demo/link', { link: LINK, cut: true });
    expect(await closed).toBe(1006);
    expect(await closeOf(open(origin, LINK))).toBe(1006);
    expect(other.readyState).toBe(WebSocket.OPEN);
    await post('/demo/link', { link: LINK, cut: false });
    await once(open(origin, LINK), 'message');
  });

  it('is not for pages of another origin', async () => {
    const { origin } = await started({ deliveryPort: await echo() });
    const [, answer] = (await once(open(origin, LINK, 'http://evil.example'), 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    expect(answer.statusCode).toBe(403);
  });

  it('ends where there is no delivery', async () => {
    const { origin } = await started();
    expect(await closeOf(open(origin, LINK))).toBe(1006);
  });
});
