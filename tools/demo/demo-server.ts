import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { z } from 'zod';
import { errorText } from '../../shared/service/error-text.ts';
import { Bookings, Change, PROVIDER_ID } from './bookings.ts';
import type { ClosedPhones } from './closed-phones.ts';
import { Links } from './links.ts';
import { refusalOf } from './own-page.ts';

export interface DemoOptions {
  readonly port: number;
  readonly deliveryPort: number;
  /** Posts an event to ingest; rejects where that does not take it. */
  readonly publish: (event: object) => Promise<void>;
  /** For the phone of the page. */
  readonly makeToken: () => string;
  /** Where the phones of the pages are woken while they are closed; none where push is off. */
  readonly phones: ClosedPhones | undefined;
  /** Resolves once it is ready again. */
  readonly restartDelivery: () => Promise<void>;
}

export interface Demo {
  readonly port: number;
  close(): Promise<void>;
}

/** Nobody but this machine. */
const ADDRESS = '127.0.0.1';
const MAX_BODY_BYTES = 4_096;
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** The page, the style that it shares with the status page, and the client: served under their paths in the build. */
const folders = ['tools/demo/page', 'shared/monitoring/page', 'client/src'];

const LinkChange = z.object({ link: z.uuid(), cut: z.boolean() });
const PhoneChange = z.object({ phone: z.uuid(), closed: z.boolean() });
const PhoneName = PhoneChange.pick({ phone: true });

const status = { conflict: 409, badRequest: 400, forbidden: 403, misdirected: 421, badGateway: 502 } as const;

/** The page at `/` and what its buttons ask for. The key of ingest and the secret of the tokens stay in here. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const server = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  const links = new Links(server.server, options.deliveryPort);
  server.addHook('onRequest', (request, reply, next) => {
    reply.headers(HEADERS);
    const message = refusalOf(request.raw);
    if (message === undefined) next();
    else reply.code(request.method === 'GET' ? status.misdirected : status.forbidden).send({ message });
  });
  server.setErrorHandler((error: FastifyError | z.ZodError, _request, reply) => {
    if (error instanceof z.ZodError)
      return reply.code(status.badRequest).send({ message: z.prettifyError(error) });
    return reply.code(error.statusCode ?? status.badGateway).send({ message: errorText(error) });
  });
  addFiles(server);
  addBackend(server, options);
  if (options.phones !== undefined) addPhones(server, options, options.phones);
  server.post('/demo/token', () => ({ token: options.makeToken() }));
  server.post('/demo/link', (request) => {
    const { link, cut } = LinkChange.parse(request.body);
    if (cut) links.cut(link);
    else links.heal(link);
    return {};
  });
  server.post('/demo/restart', async () => {
    await options.restartDelivery();
    return {};
  });
  const url = await server.listen({ host: ADDRESS, port: options.port });
  return {
    port: Number(new URL(url).port),
    close: async () => {
      links.close();
      await server.close();
    },
  };
}

/** A phone is closed once delivery knows where it is woken. */
function addPhones(
  server: FastifyInstance,
  { deliveryPort, makeToken }: DemoOptions,
  phones: ClosedPhones,
): void {
  const device = async (method: 'PUT' | 'DELETE', phone: string, registration?: object) => {
    const answer = await fetch(`http://127.0.0.1:${deliveryPort}/v1/devices/${phone}`, {
      method,
      headers: { authorization: `Bearer ${makeToken()}` },
      ...(registration && { body: JSON.stringify(registration) }),
    });
    if (!answer.ok) throw new Error(`delivery answered ${answer.status}: ${await answer.text()}`);
  };
  server.post('/demo/phone', async (request) => {
    const { phone, closed } = PhoneChange.parse(request.body);
    if (closed) await device('PUT', phone, phones.closed(phone));
    else {
      await device('DELETE', phone);
      phones.opened(phone);
    }
    return {};
  });
  server.get('/demo/phone', (request) => ({ rung: phones.shownBy(PhoneName.parse(request.query).phone) }));
}

function addBackend(server: FastifyInstance, { publish, phones }: DemoOptions): void {
  const since = new Date();
  const bookings = new Bookings(Math.floor(since.getTime() / 1_000));
  let turn: Promise<unknown> = Promise.resolve();
  server.get('/demo/bookings', () => ({
    provider: PROVIDER_ID,
    since: since.toISOString(),
    push: phones !== undefined,
    bookings: bookings.all,
  }));
  server.post('/demo/bookings', async (request, reply) => {
    const change = Change.parse(request.body);
    // One after the other: what is decided on must be kept before the next.
    const done = turn.then(async () => {
      const decision = bookings.decide(change);
      if ('problem' in decision) return reply.code(status.conflict).send({ message: decision.problem });
      await publish(decision.event);
      decision.keep();
      return reply.send({ booking: decision.booking });
    });
    turn = done.catch(() => undefined);
    return done;
  });
}

function addFiles(server: FastifyInstance): void {
  const root = new URL('../../', import.meta.url);
  for (const folder of folders) {
    const at = new URL(`${folder}/`, root);
    for (const file of readdirSync(at)) {
      const type = types[extname(file)];
      if (type === undefined) continue;
      const body = readFileSync(new URL(file, at));
      const path = file === 'demo.html' ? '/' : `/${folder}/${file}`;
      server.get(path, (_request, reply) => reply.type(type).send(body));
    }
  }
}
