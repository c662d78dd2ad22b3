import { readdirSync } from 'node:fs';
import { z } from 'zod';
import { HISTORY, LEDGER, RECEIPTS, REJECTED, REVOCATIONS } from '../../shared/contract/topology.ts';
import { callManagement } from '../../tools/broker/management.ts';
import type { Pair } from '../hostile/pair.ts';
import { nameOf, type Part, type Readings } from './gauges.ts';
import { metricIn } from './metric-text.ts';

/** They keep what they have. */
const KEEPING = [HISTORY, LEDGER, RECEIPTS, REJECTED, REVOCATIONS];
const KIB = 1024;
const MIB = 1024 ** 2;

const Queues = z.array(z.object({ name: z.string(), messages: z.number().default(0) }));
/** A stream still counts consumers of channels that are gone, for minutes: RabbitMQ 3.10. */
const Channels = z.array(z.object({ consumer_count: z.number().default(0) }));
const Listed = z.array(z.unknown());

export interface Vhost {
  readonly managementUrl: string;
  readonly vhost: string;
}

/** A reading of every gauge, by its name. */
export async function readAll(pair: Pair, vhost: Vhost): Promise<Record<string, number>> {
  const [ingest, delivery, broker] = await Promise.all([
    readIngest(pair),
    readDelivery(pair),
    readBroker(vhost),
  ]);
  return { ...named('ingest', ingest), ...named('delivery', delivery), ...named('broker', broker) };
}

function named(part: Part, readings: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(readings).map(([name, value]) => [nameOf(part, name), value]));
}

async function readIngest({ ingest }: Pair): Promise<Readings<'ingest'>> {
  const text = await metricsOf(ingest);
  return { ...readProcess(ingest, text), unconfirmed: metricIn(text, 'roomcast_ingest_unconfirmed') };
}

async function readDelivery({ delivery }: Pair): Promise<Readings<'delivery'>> {
  const text = await metricsOf(delivery);
  const metric = (name: string) => metricIn(text, `roomcast_delivery_${name}`);
  return {
    ...readProcess(delivery, text),
    sessions: metric('sessions'),
    rooms: metric('rooms'),
    bindings: metric('bindings'),
    'outbox, KiB': metric('outbox_bytes') / KIB,
  };
}

export interface Scraped {
  readonly pid: number;
  readonly healthPort: number;
}

/** The whole of `/metrics`. */
export async function metricsOf({ healthPort }: Scraped): Promise<string> {
  // A connection that is kept would be a handle of the service's.
  const headers = { connection: 'close' };
  return (await fetch(`http://127.0.0.1:${healthPort}/metrics`, { headers })).text();
}

function readProcess({ pid }: Scraped, text: string) {
  return {
    'RSS, MiB': metricIn(text, 'process_resident_memory_bytes') / MIB,
    // What has outlived the young generation: in that there is garbage until its 8 MiB are full, which may take an idle process long.
    'heap, MiB':
      (metricIn(text, 'nodejs_heap_size_used_bytes') -
        metricIn(text, 'nodejs_heap_space_size_used_bytes', 'space="new"')) /
      MIB,
    'heap committed, MiB': metricIn(text, 'nodejs_heap_size_total_bytes') / MIB,
    'external, MiB': metricIn(text, 'nodejs_external_memory_bytes') / MIB,
    'files open': readdirSync(`/proc/${pid}/fd`).length,
    handles: metricIn(text, 'nodejs_active_handles'),
    timers: metricIn(text, 'nodejs_active_resources', 'type="Timeout"'),
    requests: metricIn(text, 'nodejs_active_requests'),
    'lag p99, ms': metricIn(text, 'nodejs_eventloop_lag_p99_seconds') * 1_000,
  };
}

async function readBroker({ managementUrl, vhost }: Vhost): Promise<Readings<'broker'>> {
  const name = encodeURIComponent(vhost);
  const count = async (path: string) => Listed.parse(await callManagement(managementUrl, 'GET', path)).length;
  const [queues, bindings, connections, channels] = await Promise.all([
    callManagement(managementUrl, 'GET', `/api/queues/${name}`).then((all) => Queues.parse(all)),
    count(`/api/bindings/${name}`),
    count(`/api/vhosts/${name}/connections`),
    callManagement(managementUrl, 'GET', `/api/vhosts/${name}/channels`).then((all) => Channels.parse(all)),
  ]);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const passing = queues.filter((queue) => !KEEPING.includes(queue.name));
  return {
    queues: queues.length,
    waiting: sum(passing.map(({ messages }) => messages)),
    bindings,
    consumers: sum(channels.map(({ consumer_count: consumers }) => consumers)),
    connections,
    channels: channels.length,
  };
}
