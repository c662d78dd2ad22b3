import { lookup } from 'node:dns/promises';
import { z } from 'zod';
import { atMostEvery } from '../core/at-most-every.ts';
import { fetchFailure } from '../service/fetch-failure.ts';
import { InstanceStatus, ShownReport, type PeerStatus } from './status.ts';

const TIMEOUT_MS = 1_000;
const MAX_AGE_MS = 900;
/** Instances behind one name, such as those of a scaled compose service. */
const MAX_ADDRESSES = 10;
const NOT_FOUND = 404;

/** `/health` of a service whose page is off. */
const Health = ShownReport.extend({ instance: z.string().optional() });

/** Asks the other services how they are, so that a browser needs to reach only one of them. */
export class Peers {
  /** Of those that do not answer. */
  #lostSince = new Map<string, string>();

  constructor(private readonly urls: readonly string[]) {}

  /** Never rejects; takes about a second when one does not answer. */
  readonly read = atMostEvery(MAX_AGE_MS, async (nowMs) => {
    const found = await Promise.all(this.urls.map((url) => allBehind(new URL(url))));
    return this.#dated(eachOnce(found.flat()), nowMs);
  });

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

async function allBehind(url: URL): Promise<readonly Answer[]> {
  try {
    return await Promise.all((await placesOf(url)).map(ask));
  } catch (error) {
    return [failureOf(url.host, error)];
  }
}

/** Where one service is asked, and what it is called: by its name where no other has it. */
interface Place {
  readonly url: URL;
  readonly name: string;
}

/**
 * One for each address of the name, asked by address: that it answers to, whatever its `ALLOWED_HOSTS`. A certificate is
 * for a name, so https is left as it is.
 */
async function placesOf(url: URL): Promise<readonly Place[]> {
  if (url.protocol === 'https:') return [{ url, name: url.host }];
  const found = await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true });
  // A machine with both families answers on both: it is asked once.
  const family = found.some((address) => address.family === 4) ? 4 : 6;
  const addresses = found.filter((address) => address.family === family).slice(0, MAX_ADDRESSES);
  return addresses.map(({ address }) => {
    const target = new URL(url);
    target.hostname = family === 6 ? `[${address}]` : address;
    return { url: target, name: addresses.length === 1 ? url.host : target.host };
  });
}

async function ask({ url, name }: Place): Promise<Answer> {
  try {
    return { url: name, status: await statusOf(url) };
  } catch (error) {
    return failureOf(name, error);
  }
}

function failureOf(name: string, error: unknown): Answer {
  const wrong = 'what answers there is no health port of roomcast';
  return { url: name, failure: fetchFailure(error, { timeoutMs: TIMEOUT_MS, wrong }) };
}

async function statusOf(url: URL): Promise<InstanceStatus> {
  const page = await get(url, '/status.json?scope=self');
  if (page.status !== NOT_FOUND) return InstanceStatus.parse(page.body);
  const { instance, ...report } = Health.parse((await get(url, '/health')).body);
  const service = 'accepted' in report.stats ? 'ingest' : 'delivery';
  return {
    service,
    instance: instance ?? url.host,
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
function eachOnce(found: readonly Answer[]): readonly Answer[] {
  const seen = new Set<string>();
  return found.filter((peer) => {
    const key = 'status' in peer ? peer.status.instance : peer.url;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
