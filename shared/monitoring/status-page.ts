import type { FastifyInstance, FastifyReply } from 'fastify';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';
import type { SteadyClock } from '../service/clock.ts';
import type { Peers } from './peers.ts';
import { since } from './sample-ring.ts';
import type { InstanceStatus, PeerStatus, StatusDocument } from './status.ts';

export interface StatusSource {
  readonly self: () => Promise<InstanceStatus>;
  readonly peers: Peers;
  readonly now: SteadyClock;
}

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const JS = 'text/javascript; charset=utf-8';

const scripts = ['status.js', 'card.js', 'path.js', 'plots.js', 'tables.js', 'dom.js', 'words.js'];

const MAX_SINCE_CHARACTERS = 10_000;

/** `since`: what a page has already, as `instance:milliseconds` separated by commas. */
const Query = z.object({
  scope: z.enum(['self', 'all']).catch('all'),
  since: z.string().max(MAX_SINCE_CHARACTERS).transform(parseSince).catch(new Map<string, number>()),
});

/** The page for people at `/`, and `/status.json`, which it asks every second. */
export function addStatusPage(server: FastifyInstance, { self, peers, now }: StatusSource): void {
  addFiles(server);
  server.get('/status.json', async (request, reply): Promise<FastifyReply> => {
    const { scope, since: have } = Query.parse(request.query);
    const newer = (status: InstanceStatus): InstanceStatus => ({
      ...status,
      series: since(status.series, have.get(status.instance) ?? 0),
    });
    reply.headers({ ...HEADERS, 'cache-control': 'no-store' });
    if (scope === 'self') return reply.send(newer(await self()));
    const [own, others] = await Promise.all([self(), peers.read(now())]);
    const document: StatusDocument = {
      now_ms: now(),
      self: newer(own),
      peers: others
        // A name that leads to all instances leads to this one too.
        .filter((peer) => !('status' in peer && peer.status.instance === own.instance))
        .map((peer): PeerStatus => ('status' in peer ? { ...peer, status: newer(peer.status) } : peer)),
    };
    return reply.send(document);
  });
}

/** The page's own files lie beside this one, in the sources and in the build; the plots are uPlot's, from its package. */
function addFiles(server: FastifyInstance): void {
  const { resolve } = createRequire(import.meta.url);
  const own = (file: string) => readFileSync(new URL(`./page/${file}`, import.meta.url));
  const uPlot = (file: string) => readFileSync(resolve(`uplot/dist/${file}`));
  const serve = (path: string, type: string, body: Buffer) =>
    server.get(path, (_request, reply) => reply.headers(HEADERS).type(type).send(body));
  serve('/', HTML, own('status.html'));
  serve('/status/status.css', CSS, own('status.css'));
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
