import { connect, type ChannelModel, type RecoveringChannelModel } from 'amqplib';
import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { BrokerAddresses } from './broker-addresses.ts';
import { steadyClock } from '../service/clock.ts';
import { errorText } from '../service/error-text.ts';
import type { Logger } from '../service/logger.ts';
import { writeTogether } from './write-together.ts';

export type BrokerState =
  | { readonly state: 'connected' }
  | { readonly state: 'blocked'; readonly reason: string }
  | { readonly state: 'down'; readonly reason: string };

export interface BrokerOptions {
  /** amqp:// or amqps:// with user and password, several nodes separated by commas; never logged. */
  readonly url: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  readonly logger: Logger;
  /** Runs after every (re)connect, before anybody uses the connection: declares what we need. */
  readonly setup: (model: ChannelModel) => Promise<void>;
  /** For the set-up; a node that does not answer by then is left for another. */
  readonly setupTimeoutMs?: number;
}

interface BrokerEvents {
  /** A connection is there; channels open on it. */
  up: [model: ChannelModel];
  down: [];
  state: [state: BrokerState];
}

const CONNECT_TIMEOUT_MS = 10_000;
const SETUP_TIMEOUT_MS = 30_000;
const MAX_RETRY_DELAY_MS = 5_000;

/** A broker that starts refuses for a moment what it takes once it is up; a mistake is refused for ever. */
const REFUSED_FOR_GOOD_MS = 4_000;

/** The broker answered, and will answer the same to every further try. */
export class BrokerRefusedError extends Error {
  override readonly name = 'BrokerRefusedError';
}

/**
 * One connection to the broker that comes back by itself (amqplib's recovery, with jitter) and says how it is.
 *
 * With several nodes each attempt goes to the next. A dead peer is noticed by heartbeats. Before the first success a refusal
 * (wrong password, unknown vhost) rejects `firstConnected`, because retrying would hide a mistake of the
 * operator; an unreachable broker is waited for. Afterwards everything is waited for.
 */
export class BrokerConnection extends EventEmitter<BrokerEvents> {
  readonly firstConnected: Promise<void>;
  readonly #options: BrokerOptions;
  readonly #addresses: BrokerAddresses;
  readonly #recovering: Promise<RecoveringChannelModel>;
  #model: ChannelModel | undefined;
  #state: BrokerState;
  #everConnected = false;
  #refusedSinceMs: number | undefined;
  #connected!: () => void;
  #refused!: (error: Error) => void;

  constructor(options: BrokerOptions) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    this.#addresses = new BrokerAddresses(options.url);
    this.#state = { state: 'down', reason: `connecting to ${this.#addresses.host}` };
    this.firstConnected = new Promise((resolve, reject) => {
      this.#connected = resolve;
      this.#refused = reject;
    });
    // A caller that does not wait sees a refusal in `state`.
    this.firstConnected.catch(() => undefined);
    this.#recovering = this.#open();
  }

  get state(): BrokerState {
    return this.#state;
  }

  get model(): ChannelModel | undefined {
    return this.#model;
  }

  /** Leaves a node that keeps its connections and does not do its work; the next attempt goes to another, if there is one. */
  restart(reason: string): void {
    if (this.#model !== undefined) abortConnection(this.#model, new Error(reason));
  }

  async close(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    const recovering = await this.#recovering;
    await (model === undefined ? recovering.close() : Promise.race([recovering.close(), goneOf(model)]));
  }

  async #open(): Promise<RecoveringChannelModel> {
    const { name, logger, setup, setupTimeoutMs = SETUP_TIMEOUT_MS } = this.#options;
    const addresses = this.#addresses;
    const recovering = await connect(addresses, {
      noDelay: true,
      keepAlive: true,
      timeout: CONNECT_TIMEOUT_MS,
      clientProperties: { connection_name: name },
      recovery: {
        setup: (model: ChannelModel) => prepared(model, setup, setupTimeoutMs),
        waitForConnect: false,
        maxDelay: MAX_RETRY_DELAY_MS,
        jitter: 0.5,
      },
    });
    recovering.on('connect', (model) => {
      this.#model = model;
      this.#everConnected = true;
      logger.info({ connection: name, broker: addresses.host }, 'connected to the broker');
      this.#become({ state: 'connected' });
      this.emit('up', model);
      this.#connected();
    });
    recovering.on('disconnect', (error) => {
      this.#lost(`lost the broker at ${addresses.host}: ${errorText(error)}`);
      addresses.next();
    });
    recovering.on('connect-failed', (error) => {
      const reason = `cannot connect to the broker at ${addresses.host}: ${errorText(error)}`;
      this.#lost(reason);
      addresses.next();
      this.#refusedSinceMs = isRefusal(error) ? (this.#refusedSinceMs ?? steadyClock()) : undefined;
      const refusedMs = steadyClock() - (this.#refusedSinceMs ?? steadyClock());
      if (!this.#everConnected && refusedMs >= REFUSED_FOR_GOOD_MS) {
        this.#refused(new BrokerRefusedError(`${reason}. Check user, password and vhost in AMQP_URL.`));
      }
    });
    recovering.on('blocked', (reason) =>
      this.#become({ state: 'blocked', reason: `the broker blocks publishers: ${reason}` }),
    );
    recovering.on('unblocked', () => this.#become({ state: 'connected' }));
    // A 'disconnect' with the same cause follows; without a listener the process would end here.
    recovering.on('error', (error: Error) =>
      logger.debug({ connection: name, err: error }, 'connection error'),
    );
    return recovering;
  }

  #lost(reason: string): void {
    const wasUp = this.#model !== undefined;
    this.#model = undefined;
    this.#become({ state: 'down', reason });
    if (wasUp) this.emit('down');
  }

  #become(state: BrokerState): void {
    const before = this.#state;
    this.#state = state;
    if (state.state !== 'connected' && JSON.stringify(before) !== JSON.stringify(state)) {
      this.#options.logger.warn({ connection: this.#options.name, ...state }, 'broker trouble');
    }
    this.emit('state', state);
  }
}

/**
 * amqplib watches a connection only once it is set up: an error before that (a missed heartbeat) would end the process.
 * And its own closing of one that could not be set up waits for an answer that a dying broker does not give, and
 * with it every further attempt; a connection that is closed already it leaves alone.
 */
async function prepared(
  model: ChannelModel,
  setup: BrokerOptions['setup'],
  timeoutMs: number,
): Promise<void> {
  model.on('error', () => undefined);
  writeTogether(model);
  const unanswered = new Error(`the broker did not answer the set-up within ${timeoutMs} ms`);
  const timer = setTimeout(() => abortConnection(model, unanswered), timeoutMs);
  try {
    await Promise.race([setup(model), lossOf(model)]);
  } catch (error) {
    await Promise.race([model.close().catch(() => undefined), goneOf(model)]);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Does not ask the broker, which may not answer: amqplib sees its socket lost, which its types leave out, and recovers. */
function abortConnection(model: ChannelModel, reason: Error): void {
  const { stream } = model.connection as ChannelModel['connection'] & { readonly stream: Duplex };
  stream.destroy(reason);
}

/** Comes in every case, also when the broker does not answer a close. */
function goneOf(model: ChannelModel): Promise<void> {
  return new Promise((resolve) => model.once('close', () => resolve()));
}

/** Rejects when the connection ends: what was asked on it has no answer any more. */
function lossOf(model: ChannelModel): Promise<never> {
  const loss = new Promise<never>((_resolve, reject) => {
    model.once('close', (error?: Error) => reject(error ?? new Error('the connection was closed')));
  });
  loss.catch(() => undefined);
  return loss;
}

/** The state of several connections to one broker: the worst of them. */
export function worstOf(states: readonly BrokerState[]): BrokerState {
  const found = (kind: BrokerState['state']) => states.find(({ state }) => state === kind);
  return found('down') ?? found('blocked') ?? { state: 'connected' };
}

/** Rejects with the broker's refusal of a first connect; a caller that does not wait for it finds it in the health report. */
export function firstRefusal(connections: readonly BrokerConnection[]): Promise<never> {
  const connected = Promise.all(connections.map(({ firstConnected }) => firstConnected));
  const refused = connected.then(() => new Promise<never>(() => undefined));
  refused.catch(() => undefined);
  return refused;
}

/** amqplib gives no code for a refusal during the handshake, only the broker's words. */
function isRefusal(error: Error): boolean {
  return /ACCESS[-_]REFUSED|NOT[-_]ALLOWED|Expected ConnectionOpenOk/.test(error.message);
}
