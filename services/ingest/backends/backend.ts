import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { ErrorCode } from '../../../shared/contract/errors.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { Config } from '../../../shared/config/env.ts';
import type { between } from '../../../shared/config/setting-rules.ts';
import type { WallTime } from '../../../shared/core/wall-time.ts';
import type { HealthReason } from '../../../shared/monitoring/health.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { AcceptedEvent } from '../accept/accept.ts';
import type { Defer, Intake } from '../accept/intake.ts';
import type { Entrance, NextCursor, Observer } from '../accept/ports.ts';
import type { Refusal } from '../accept/problems.ts';
import type { Repeats } from '../accept/repeats.ts';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';

/** A booking backend with an interface of its own. All of it but the name, routes, `recognise` and `strip` is optional. */
export interface Backend {
  readonly name: string;
  /** What HTTP serves for it. */
  readonly routes: readonly BackendRoute[];
  /** Headers, lower case, in which its callers send their key as it is. */
  readonly keyHeaders?: readonly string[];
  /** The same for OpenAPI. */
  readonly securitySchemes?: Readonly<Record<string, object>>;
  /** What to do with a message of the inbox, or why not; `undefined` for one that is not of this backend. Asked once or more for each. */
  recognise(message: InboxMessage, now: Now): Take | Refusal | undefined;
  /** A rejected body without its secrets, and one that is not of this backend as it is: a person will look at it. */
  strip(body: Buffer): Buffer;
  readonly whileConsuming?: WhileConsuming;
  /** See `IntakeOptions`. */
  readonly defer?: Defer;
  enrich?(event: AcceptedEvent): readonly AcceptedEvent[];
  /** Of a provider, where events do not name them. */
  secretariesOf?(provider: number): readonly number[];
  /** What somebody should look at, by the steady clock. */
  reasons?(nowMs: number): readonly HealthReason[];
  stop?(): Promise<void>;
}

/** Throws an AppError at once when the broker cannot take it now; resolves when everything is confirmed, or to a refusal. */
export type Take = () => Promise<Refusal | undefined>;

/** What one instance does for all: the one that consumes the inbox. */
export interface WhileConsuming {
  /** Nothing recognised is taken before. */
  readonly isOpen: boolean;
  /** Resolves once everything is known that was decided before. */
  begin(): Promise<void>;
  /** Another instance may consume it from now on. */
  end(): void;
}

export interface InboxMessage {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly messageId: unknown;
}

export interface Now {
  readonly time: WallTime;
  /** By the steady clock. */
  readonly nowMs: number;
}

/** A path that takes POST with JSON and a key. */
export interface BackendRoute {
  readonly path: `/${string}`;
  /** As what its refusals are counted. */
  readonly entrance?: Entrance;
  readonly operation: Operation;
  readonly handle: (body: Buffer) => Promise<Answer | Refusal>;
  /** A call from this address was refused for its key, or for having none. */
  readonly onWrongKey?: (address: string) => void;
}

export interface Answer {
  readonly status: number;
  readonly body?: object;
}

/** For OpenAPI. */
export interface Operation {
  readonly summary: string;
  readonly request?: z.ZodType;
  readonly success: { readonly status: number; readonly description: string; readonly answer?: z.ZodType };
  readonly refusals: readonly ErrorCode[];
}

/** What ingest lends to its backends. */
export interface BackendParts {
  readonly intake: Pick<Intake, 'announce'>;
  /** Puts a message into the inbox; throws an AppError at once when the broker cannot take it now, resolves on its confirm. */
  readonly enqueue: (body: Buffer, headers: Readonly<Record<string, number>>) => Promise<void>;
  readonly publisher: ConfirmPublisher;
  readonly connection: BrokerConnection;
  /** Of messages that backends put into the inbox themselves. */
  readonly messageIds: Repeats<void>;
  readonly observer: Pick<Observer, 'ignored' | 'decided'>;
  /** For metrics of its own. */
  readonly registry: Registry;
  /** Of one message in the inbox. */
  readonly maxBodyBytes: number;
  readonly nextCursor: NextCursor;
  readonly logger: Logger;
}

/** How a backend is mounted: its variables of the environment, rules between them, and what makes it of the configuration. */
export interface BackendModule<Variables extends z.ZodRawShape> {
  readonly variables: Variables;
  readonly rules: readonly SettingRule[];
  create(config: Config<z.ZodObject<Variables>>, parts: BackendParts): Backend;
}

type SettingRule = readonly [
  (variables: Readonly<Record<string, unknown>>) => boolean,
  ReturnType<typeof between>,
];
