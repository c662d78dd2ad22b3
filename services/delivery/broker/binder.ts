import type { Channel } from 'amqplib';
import { EXCHANGE } from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { ManagedChannel, plainChannel } from '../../../shared/broker/managed-channel.ts';
import type { Coverage } from '../stream/coverage.ts';

/** A channel has one bind under way at a time (AMQP 0-9-1, synchronous methods): several make a pipeline. */
const CHANNELS = 8;

interface Binding {
  readonly confirmed: Promise<void>;
  readonly confirm: () => void;
  isConfirmed: boolean;
}

interface Lane {
  readonly channel: ManagedChannel<Channel>;
  busy: boolean;
}

/**
 * Brings the bindings of one queue to what is wanted. Binds go before unbinds, so that a wide binding stands
 * before the narrow ones behind it are removed. What fails with its channel is done again on the next.
 */
export class Binder {
  readonly #bindings = new Map<string, Binding>();
  readonly #toBind = new Set<string>();
  readonly #toUnbind = new Set<string>();
  /** Patterns under way: two lanes on one pattern could reach the broker in either order. */
  readonly #underWay = new Set<string>();
  readonly #lanes: readonly Lane[];
  #queue: string | undefined;

  constructor(
    connection: BrokerConnection,
    private readonly logger: Logger,
    private readonly coverage: Pick<Coverage, 'bindingConfirmed' | 'bindingRemoved'>,
  ) {
    this.#lanes = Array.from({ length: CHANNELS }, (_, index) => ({
      channel: new ManagedChannel(connection, {
        name: `bindings ${index}`,
        logger,
        create: plainChannel,
        opened: () => this.#pump(),
      }),
      busy: false,
    }));
  }

  /** Bindings that are wanted, confirmed or not. */
  get size(): number {
    return this.#bindings.size;
  }

  /** Resolves when the broker has confirmed it; without a broker, when there is one again. */
  bind(pattern: string): Promise<void> {
    this.#toUnbind.delete(pattern);
    const known = this.#bindings.get(pattern);
    if (known !== undefined) return known.confirmed;
    const binding = createBinding();
    this.#bindings.set(pattern, binding);
    this.#toBind.add(pattern);
    this.#pump();
    return binding.confirmed;
  }

  unbind(pattern: string): void {
    if (!this.#bindings.has(pattern)) return;
    this.#toUnbind.add(pattern);
    this.#pump();
  }

  /** A new queue: binds everything wanted to it; resolves when all of it is confirmed. */
  async attach(queue: string): Promise<void> {
    this.#queue = queue;
    for (const pattern of this.#toUnbind) this.#drop(pattern);
    for (const [pattern, { isConfirmed }] of this.#bindings) {
      // Callers that wait for an unconfirmed binding go on waiting for the same one.
      if (isConfirmed) this.#bindings.set(pattern, createBinding());
      this.#toBind.add(pattern);
    }
    this.#pump();
    await Promise.all([...this.#bindings.values()].map(({ confirmed }) => confirmed));
  }

  /** The queue is gone. */
  detach(): void {
    this.#queue = undefined;
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(({ channel }) => channel.close()));
  }

  #pump(): void {
    for (const lane of this.#lanes) {
      if (this.#queue === undefined) return;
      const channel = lane.channel.current;
      if (lane.busy || channel === undefined) continue;
      const pattern = this.#next(this.#toBind) ?? this.#next(this.#toUnbind);
      if (pattern === undefined) return;
      void this.#work(lane, channel, this.#queue, pattern);
    }
  }

  async #work(lane: Lane, channel: Channel, queue: string, pattern: string): Promise<void> {
    lane.busy = true;
    this.#underWay.add(pattern);
    const binds = this.#toBind.delete(pattern);
    if (!binds) this.#drop(pattern);
    try {
      if (binds) await channel.bindQueue(queue, EXCHANGE, pattern);
      else await channel.unbindQueue(queue, EXCHANGE, pattern);
      if (binds && queue === this.#queue) this.#confirm(pattern);
    } catch (error) {
      this.logger.debug({ pattern, err: error }, 'a binding was not changed');
      if (binds && queue === this.#queue && this.#bindings.has(pattern)) this.#toBind.add(pattern);
    }
    lane.busy = false;
    this.#underWay.delete(pattern);
    this.#pump();
  }

  #next(patterns: ReadonlySet<string>): string | undefined {
    for (const pattern of patterns) if (!this.#underWay.has(pattern)) return pattern;
    return undefined;
  }

  #confirm(pattern: string): void {
    const binding = this.#bindings.get(pattern);
    if (binding === undefined) return;
    binding.isConfirmed = true;
    this.coverage.bindingConfirmed(pattern);
    binding.confirm();
  }

  #drop(pattern: string): void {
    this.#toUnbind.delete(pattern);
    this.#toBind.delete(pattern);
    // Its callers have gone: no other caller's binding is removed.
    this.#bindings.get(pattern)?.confirm();
    this.#bindings.delete(pattern);
    this.coverage.bindingRemoved(pattern);
  }
}

function createBinding(): Binding {
  let confirm: () => void = () => undefined;
  const confirmed = new Promise<void>((resolve) => {
    confirm = resolve;
  });
  return { confirmed, confirm, isConfirmed: false };
}
