import { z } from 'zod';
import { HISTORY, INBOX, LEDGER, REJECTED } from '../contract/topology.ts';
import { atMostEvery } from '../core/at-most-every.ts';
import { BrokerAddresses } from './broker-addresses.ts';
import type { Secret } from '../config/env.ts';
import { fetchFailure } from '../service/fetch-failure.ts';
import type { Logger } from '../service/logger.ts';
import {
  droppingPolicies,
  policyColumns,
  PolicyFields,
  type DroppingPolicy,
  type WantedBounds,
} from './queue-policies.ts';

/** One label for the queues of all delivery instances, and one for what is none of ours: names that are made up as we run would each be a new time series. */
const DELIVERY_QUEUES = 'appointments.delivery.*';
const OTHER_QUEUES = 'appointments.other';
const PREFIX = 'appointments.';

const TIMEOUT_MS = 2_000;
const WRONG = 'its answer is not that of a RabbitMQ';

const Queues = z.array(
  PolicyFields.extend({
    name: z.string(),
    messages: z.number().default(0),
    /** An empty one comes as a list: of a queue that only gets what the broker drops from another. */
    message_stats: z
      .object({ publish_details: z.object({ rate: z.number() }).optional() })
      .optional()
      .catch(undefined),
  }),
);

const Nodes = z.array(
  z
    .object({
      name: z.string(),
      mem_used: z.number().default(0),
      mem_alarm: z.boolean().default(false),
      disk_free_alarm: z.boolean().default(false),
    })
    .transform(({ name, mem_used: memoryUsedBytes, mem_alarm: memory, disk_free_alarm: disk }) => ({
      name,
      memoryUsedBytes,
      alarms: { memory, disk },
    })),
);

const Bindings = z.array(z.object({ destination: z.string(), routing_key: z.string() }));
export type Binding = z.infer<typeof Bindings>[number];

export interface BrokerView {
  readonly queues: ReadonlyMap<string, { readonly messages: number; readonly publishRate: number }>;
  readonly nodes: z.infer<typeof Nodes>;
  /** What lets the broker drop messages from our queues, each once. */
  readonly dropping: readonly DroppingPolicy[];
  /** Why it could not be read; the rest is then empty. */
  readonly failure?: string;
}

export interface ManagementOptions {
  /** http://user:password@host:15672; never logged. */
  readonly url: Secret<string>;
  /** AMQP_URL, for the vhost. */
  readonly brokerUrl: Secret<string>;
  /** Bounds by a policy that are not reported; none unless given. */
  readonly wanted?: WantedBounds;
  /** It is read at most once in this time. */
  readonly maxAgeMs: number;
  readonly logger: Logger;
}

/** What only the management API of the broker tells: rates, memory, alarms, and queues that are not declared here. */
export class ManagementApi {
  readonly #origin: string;
  readonly #authorization: string;
  /** Percent-encoded. */
  readonly #vhost: string;
  #latest: BrokerView | undefined;
  /** Never rejects and never hangs. */
  readonly read: (nowMs: number) => Promise<BrokerView>;

  constructor(private readonly options: ManagementOptions) {
    const url = new URL(options.url.reveal());
    const user = decodeURIComponent(url.username === '' ? 'guest' : url.username);
    const password = decodeURIComponent(url.password === '' ? 'guest' : url.password);
    this.#origin = url.origin + url.pathname.replace(/\/$/, '');
    this.#vhost = new BrokerAddresses(options.brokerUrl.reveal()).vhost;
    this.#authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    this.read = atMostEvery(options.maxAgeMs, () => this.#look());
  }

  /** What is known without waiting; starts a look when that is old. */
  latest(nowMs: number): BrokerView | undefined {
    void this.read(nowMs);
    return this.#latest;
  }

  /** What is bound to an exchange of ours. */
  bindings(exchange: string): Promise<readonly Binding[]> {
    const path = `/api/exchanges/${this.#vhost}/${encodeURIComponent(exchange)}/bindings/source`;
    return this.#get(path, Bindings);
  }

  async #look(): Promise<BrokerView> {
    const before = this.#latest?.failure;
    const view = await this.#fetchAll().catch((error: unknown): BrokerView => {
      const failure = fetchFailure(error, { timeoutMs: TIMEOUT_MS, wrong: WRONG });
      return { queues: new Map(), nodes: [], dropping: [], failure };
    });
    this.#latest = view;
    if (view.failure !== undefined && before === undefined) {
      this.options.logger.warn({ reason: view.failure }, 'the management API cannot be read');
    }
    if (view.failure === undefined && before !== undefined) {
      this.options.logger.info('the management API can be read again');
    }
    return view;
  }

  async #fetchAll(): Promise<BrokerView> {
    const columns = `name,messages,message_stats.publish_details.rate,${policyColumns}`;
    const [queues, nodes] = await Promise.all([
      this.#get(`/api/queues/${this.#vhost}?columns=${columns}`, Queues),
      this.#get('/api/nodes?columns=name,mem_used,mem_alarm,disk_free_alarm', Nodes),
    ]);
    return { queues: folded(queues), dropping: droppingOf(queues, this.options.wanted), nodes };
  }

  async #get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    const response = await fetch(this.#origin + path, {
      headers: { authorization: this.#authorization, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${path.split('?')[0] ?? path} answered ${response.status}`);
    }
    return schema.parse(await response.json());
  }
}

function folded(queues: z.infer<typeof Queues>): BrokerView['queues'] {
  const sums = new Map<string, { messages: number; publishRate: number }>();
  for (const { name, messages, message_stats } of queues) {
    if (!name.startsWith(PREFIX)) continue;
    const label = labelOf(name);
    const sum = sums.get(label) ?? { messages: 0, publishRate: 0 };
    sum.messages += messages;
    sum.publishRate += message_stats?.publish_details?.rate ?? 0;
    sums.set(label, sum);
  }
  return sums;
}

function droppingOf(
  queues: z.infer<typeof Queues>,
  wanted: WantedBounds = { historyMaxBytes: Infinity, inboxMaxMessages: Infinity },
): readonly DroppingPolicy[] {
  const ours = queues.filter(({ name }) => labelOf(name) !== OTHER_QUEUES);
  const found = ours.flatMap((queue) => droppingPolicies(labelOf(queue.name), queue, wanted));
  return [...new Map(found.map((policy) => [policy.queue + policy.words, policy])).values()];
}

function labelOf(name: string): string {
  if ([INBOX, REJECTED, HISTORY, LEDGER].includes(name)) return name;
  return name.startsWith(DELIVERY_QUEUES.slice(0, -1)) ? DELIVERY_QUEUES : OTHER_QUEUES;
}
