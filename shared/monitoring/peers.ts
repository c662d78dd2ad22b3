import { lookup } from 'node:dns/promises';
import { z } from 'zod';
import { fetchFailure } from '../service/fetch-failure.ts';
import { InstanceStatus, ShownReport, type PeerStatus } from './status.ts';

const TIMEOUT_MS = 1_000;
const MAX_AGE_MS = 900;
/** Instances behind one name, such as those of a scaled compose service. */
const MAX_ADDRESSES = 10;
const NOT_FOUND = 404;

/** `/health` of a service whose page is off. */
const Health = ShownReport.extend({ instance: z.string().optional() });

/**
 * Asks the other services how they are, so that a browser needs to reach only one of them. Once a second at most,
 * however many pages are open.
 */
export class Peers {
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #pending: Promise<readonly PeerStatus[]> = Promise.resolve([]);
  /** Of those that do not answer. */
  #lostSince = new Map<string, string>();

  constructor(private readonly urls: readonly string[]) {}

  /** Never rejects; takes about a second when one does not answer. */
  read(nowMs: number): Promise<readonly PeerStatus[]> {
    if (nowMs - this.#askedAtMs >= MAX_AGE_MS) {
      this.#askedAtMs = nowMs;
      this.#pending = Promise.all(this.urls.map(allBehind)).then((found) =>
        this.#dated(eachOnce(found), nowMs),
      );
    }
    return this.#pending;
  }

  /** `nowMs`: Unix time. */
  #dated(answers: readonly Answer[], nowMs: number): readonly PeerStatus[] {
    const before = this.#lostSince;
    this.#lostSince = new Map();
    return answers.map((answer) => {
      if ('status' in answer) return answer;
      const since = before.get(answer.url) ?? new Date(nowMs).toISOString();
      this.#lostSince.set(answer.url, since);
      return { ...answer, since };
    });
  }
}

type Answer = Extract<PeerStatus, { status: unknown }> | { readonly url: string; readonly failure: string };

async function allBehind(url: string): Promise<readonly Answer[]> {
  try {
    const targets = await addressesOf(new URL(url));
    return await Promise.all(targets.map(ask));
  } catch (error) {
    return [{ url: shown(new URL(url)), failure: reasonOf(error) }];
  }
}

/** One URL for each address of the name; a certificate is for a name, so https is left as it is. */
async function addressesOf(url: URL): Promise<readonly URL[]> {
  if (url.protocol === 'https:') return [url];
  const found = await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true });
  // A machine with both families answers on both: it is asked once.
  const family = found.some((address) => address.family === 4) ? 4 : 6;
  const addresses = found.filter((address) => address.family === family).slice(0, MAX_ADDRESSES);
  if (addresses.length < 2) return [url];
  return addresses.map(({ address }) => {
    const target = new URL(url);
    target.hostname = family === 6 ? `[${address}]` : address;
    return target;
  });
}

async function ask(url: URL): Promise<Answer> {
  try {
    return { url: shown(url), status: await statusOf(url) };
  } catch (error) {
    return { url: shown(url), failure: reasonOf(error) };
  }
}

async function statusOf(url: URL): Promise<InstanceStatus> {
  const page = await get(url, '/status.json?scope=self');
  if (page.status !== NOT_FOUND) return InstanceStatus.parse(page.body);
  const { instance, ...report } = Health.parse((await get(url, '/health')).body);
  const service = 'accepted' in report.stats ? 'ingest' : 'delivery';
  return {
    service,
    instance: instance ?? shown(url),
    report,
    series: { at_ms: [], columns: {} },
    counts: {},
  };
}

async function get(base: URL, path: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(new URL(path, base), {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  return { status: response.status, body: response.status === NOT_FOUND ? undefined : JSON.parse(text) };
}

/** Two URLs may lead to one instance. */
function eachOnce(found: readonly (readonly Answer[])[]): readonly Answer[] {
  const seen = new Set<string>();
  return found.flat().filter((peer) => {
    const key = 'status' in peer ? peer.status.instance : peer.url;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function shown(url: URL): string {
  return url.host;
}

function reasonOf(error: unknown): string {
  const wrong = 'what answers there is no health port of roomcast';
  return fetchFailure(error, { timeoutMs: TIMEOUT_MS, wrong });
}
