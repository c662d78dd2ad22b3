import type { FastifyInstance } from 'fastify';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { atMostEvery } from '../core/at-most-every.ts';
import type { SteadyClock } from '../service/clock.ts';
import type { PageHosts } from './page-hosts.ts';
import type { Peers } from './peers.ts';
import { StatusTexts } from './status-texts.ts';
import type { InstanceStatus, PeerStatus, StatusDocument } from './status.ts';

export interface StatusSource {
  readonly self: () => Promise<InstanceStatus>;
  readonly peers: Peers;
  readonly hosts: PageHosts;
  /** How old an answer may be. */
  readonly maxAgeMs: number;
  readonly now: SteadyClock;
  readonly operators?: OperatorsPart | undefined;
}

/** What the page asks for with an operator's key, `closed` where there is none. Of a service that has such a part. */
export type OperatorsPart = ((server: FastifyInstance) => void) | 'closed';

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const JS = 'text/javascript; charset=utf-8';
const TEXT = 'text/plain; charset=utf-8';

const scripts = [
  ...['status.js', 'card.js', 'path.js', 'plots.js', 'tables.js', 'dom.js', 'words.js'],
  ...['operators.js', 'operator-calls.js', 'operator-view.js', 'operator-words.js', 'latest-events.js'],
];

const MAX_SINCE_CHARACTERS = 10_000;

/** `since`: what a page has already, as `instance:milliseconds` separated by commas. */
const Query = z.object({
  scope: z.enum(['self', 'all']).catch('all'),
  since: z.string().max(MAX_SINCE_CHARACTERS).transform(parseSince).catch(new Map<string, number>()),
});

const JSON_TYPE = 'application/json; charset=utf-8';
const MISDIRECTED = 421;

/** The page for people at `/`, and `/status.json`, which it asks every second. */
export function addStatusPage(server: FastifyInstance, source: StatusSource): void {
  const { hosts, now, operators } = source;
  const [own, all] = [ownTexts(source), allTexts(source)];
  server.register((scope, _options, done) => {
    scope.addHook('onRequest', (request, reply, next) => {
      reply.headers(HEADERS);
      const { host } = request.headers;
      if (hosts.has(host)) next();
      else reply.code(MISDIRECTED).type(TEXT).send(strangeHost(host));
    });
    addFiles(scope);
    scope.get('/status.json', async (request, reply) => {
      const { scope: wanted, since: have } = Query.parse(request.query);
      const texts = await (wanted === 'self' ? own : all)(now());
      return reply.type(JSON_TYPE).send(texts.without(have));
    });
    if (typeof operators === 'function')
      scope.register((part, _none, ready) => {
        operators(part);
        ready();
      });
    done();
  });
}

function ownTexts({ self, maxAgeMs }: StatusSource): (nowMs: number) => Promise<StatusTexts> {
  return atMostEvery(maxAgeMs, async () => {
    const own = await self();
    return new StatusTexts([own], (newer) => newer(own));
  });
}

function allTexts({
  self,
  peers,
  now,
  maxAgeMs,
  operators,
}: StatusSource): (nowMs: number) => Promise<StatusTexts> {
  return atMostEvery(maxAgeMs, async () => {
    const [own, found] = await Promise.all([self(), peers.read(now())]);
    // A name that leads to all instances leads to this one too.
    const others = found.filter((peer) => !('status' in peer && peer.status.instance === own.instance));
    const nowMs = now();
    const statuses = [own, ...others.flatMap((peer) => ('status' in peer ? [peer.status] : []))];
    return new StatusTexts(statuses, (newer): StatusDocument => ({
      now_ms: nowMs,
      ...(operators !== undefined && { operators: operators === 'closed' ? operators : 'open' }),
      self: newer(own),
      peers: others.map((peer): PeerStatus =>
        'status' in peer ? { ...peer, status: newer(peer.status) } : peer,
      ),
    }));
  });
}

function strangeHost(host = ''): string {
  const name = JSON.stringify(host.replace(/:\d*$/, ''));
  return `This page is not answered under the name ${name}: come by address or as localhost, or add the name to ALLOWED_HOSTS.\n`;
}

/** The page's own files lie beside this one, in the sources and in the build; the plots are uPlot's, from its package. */
function addFiles(server: FastifyInstance): void {
  const { resolve } = createRequire(import.meta.url);
  const own = (file: string) => readFileSync(new URL(`./page/${file}`, import.meta.url));
  const uPlot = (file: string) => readFileSync(resolve(`uplot/dist/${file}`));
  const serve = (path: string, type: string, body: Buffer) =>
    server.get(path, (_request, reply) => reply.type(type).send(body));
  serve('/', HTML, own('status.html'));
  for (const file of ['base.css', 'status.css']) serve(`/status/${file}`, CSS, own(file));
  for (const file of scripts) serve(`/status/${file}`, JS, own(file));
  serve('/status/icon.svg', 'image/svg+xml', own('icon.svg'));
  serve('/status/uplot.js', JS, uPlot('uPlot.esm.js'));
  serve('/status/uplot.css', CSS, uPlot('uPlot.min.css'));
}

function parseSince(text: string): Map<string, number> {
  const times = new Map<string, number>();
  for (const part of text.split(',')) {
    const colon = part.lastIndexOf(':');
    const atMs = Number(part.slice(colon + 1));
    if (colon > 0 && Number.isFinite(atMs)) times.set(part.slice(0, colon), atMs);
  }
  return times;
}
