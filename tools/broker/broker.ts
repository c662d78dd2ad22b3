import { CommandError } from '../../shared/service/command-line.ts';
import type { BrokerAddress, Ports } from './ports.ts';

/** Enough to talk to a broker from another process; plain data. */
export type BrokerHandle =
  | (BrokerAddress & { readonly kind: 'given' })
  | (BrokerAddress & { readonly kind: 'docker'; readonly container: string })
  | (BrokerAddress & {
      readonly kind: 'local';
      readonly folder: string;
      readonly scripts: string;
      readonly ports: Ports;
    });

export interface Broker {
  readonly handle: BrokerHandle;
  /** One line for people: what it is and where. */
  readonly describe: string;
  /** Whether `stop` ends it. */
  readonly ours: boolean;
  /** Settles with a sentence when the broker ends without having been asked to. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** A broker that we started ourselves, so a test may break it. */
export interface OwnBroker extends Broker {
  /** SIGKILL: no goodbye to anybody, what was not on disk is lost. */
  kill(): Promise<void>;
  /** The same data on the same ports; resolves when it answers. Also after `kill`. */
  restart(): Promise<void>;
}

/** `kept` survives its stop, for `npm start`; `temporary` leaves nothing behind, for tests. */
export type Lifetime = 'kept' | 'temporary';

export interface BrokerOptions {
  readonly lifetime: Lifetime;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The checkout: its docker-compose.yml names the image, its `.data/` keeps what is kept. */
  readonly root: string;
  readonly say: (sentence: string) => void;
  /** Shows no progress of a start; for brokers that come and go within a test. */
  readonly quiet?: boolean;
  /** Starts a temporary container in place of the docker command; the tests have a library for it. */
  readonly startContainer?: ((image: string, options: BrokerOptions) => Promise<OwnBroker>) | undefined;
  /** Gives up the search and stops what it had started. */
  readonly signal?: AbortSignal | undefined;
}

/** What an option in the search came to; to be passed over is no failure. */
export type Attempt = { readonly broker: OwnBroker } | { readonly passedOver: string };

/** Nothing that looks for a broker can be found, or the one that was asked for is out of reach. */
export class BrokerError extends CommandError {
  override readonly name = 'BrokerError';
}
