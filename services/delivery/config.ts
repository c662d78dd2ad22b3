import { z } from 'zod';
import { EventNaming } from '../../shared/contract/event-naming.ts';
import {
  commonVariables,
  integer,
  list,
  port,
  readVariables,
  Secret,
  sound,
  type Config,
} from '../../shared/config/env.ts';
import { Age, ageSeconds, between, drainsInTime, portsDiffer } from '../../shared/config/setting-rules.ts';
import { pushNeedsReceipts, pushVariables } from '../../shared/config/push-settings.ts';
import { keySetUrlProblem } from '../../shared/config/setting-urls.ts';
import { weaknessOf } from '../../shared/config/weak-secrets.ts';

/** HS256 keys below the hash's own length are guessable (RFC 7518 section 3.2). */
const MIN_SECRET_BYTES = 32;
const HOW_TO_MAKE = 'make one with: openssl rand -hex 32';

const JwtSecrets = list(`expected the HS256 secret of the backend that issues the tokens; ${HOW_TO_MAKE}`)
  .superRefine((secrets, context) => {
    const refuse = (message: string) =>
      context.addIssue({ code: 'custom', message: `${message}; ${HOW_TO_MAKE}` });
    for (const secret of secrets) {
      const weakness = weaknessOf(secret);
      if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
        refuse(`a secret is under ${MIN_SECRET_BYTES} bytes (a comma separates two)`);
      } else if (/-----BEGIN |"kty"/.test(secret)) {
        // As a secret it would let anybody sign who has the public key.
        refuse('a secret is a key of another kind: public keys go into JWT_PUBLIC_KEYS_FILE');
      } else if (weakness !== undefined) refuse(`a secret is ${weakness}`);
    }
  })
  .transform((secrets) => new Secret<readonly string[]>(secrets));

type KeyVariable = 'JWT_PUBLIC_KEYS_FILE' | 'JWT_JWKS_URL' | 'JWT_ISSUER' | 'JWT_AUDIENCE';

/** An issuer signs for many: its keys say nothing of whom a token is for. */
function namesIssuer(name: 'JWT_ISSUER' | 'JWT_AUDIENCE') {
  return [
    (env: Readonly<Partial<Record<KeyVariable, unknown>>>) =>
      (env.JWT_PUBLIC_KEYS_FILE ?? env.JWT_JWKS_URL) === undefined || env[name] !== undefined,
    between(
      [name],
      'required with JWT_PUBLIC_KEYS_FILE and JWT_JWKS_URL: which iss and aud their tokens have',
    ),
  ] as const;
}

const HOW_ORIGINS =
  'expected * or origins separated by commas, such as https://app.example.org: scheme, host and port, no path';

/** As browsers write them in `Origin`. */
const AllowedOrigins = list(HOW_ORIGINS).transform((texts, context) => {
  const origins = texts.map((text) => (texts.length === 1 && text === '*' ? text : originOf(text)));
  if (origins.every((origin) => origin !== undefined)) return origins;
  context.addIssue({ code: 'custom', message: HOW_ORIGINS });
  return z.NEVER;
});

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, username, password, pathname, search, hash } = new URL(text);
  const isOrigin =
    /^[^*]+$/.test(host) && `${username}${password}${search}${hash}` === '' && /^\/?$/.test(pathname);
  return isOrigin ? `${protocol}//${host}` : undefined;
}

const SECOND = 1_000;
const MIB = 1024 * 1024;

export const DeliveryVariables = z
  .object({
    ...commonVariables,
    ...pushVariables,
    JWT_SECRET: JwtSecrets.default(() => new Secret<readonly string[]>([])),
    /** PEM or a JWKS; read again when it changes. */
    JWT_PUBLIC_KEYS_FILE: z.string().optional(),
    /** Where the issuer publishes its JWKS. */
    JWT_JWKS_URL: sound(keySetUrlProblem).optional(),
    /** How far ahead a token may end: one that was lost works until then. */
    MAX_TOKEN_LIFETIME: Age.default('31D'),
    /** Who issues the tokens (`iss`), and for whom (`aud`); unset, anybody who has a key issues them for anybody. */
    JWT_ISSUER: z.string().optional(),
    JWT_AUDIENCE: z.string().optional(),
    WEBSOCKET_PORT: port(8080),
    /** Pages of these may read what HTTP answers them. Where it is set, pages of no others may open a WebSocket. */
    ALLOWED_ORIGINS: AllowedOrigins.default([]),
    HEALTH_PORT: port(8081),
    /** Sessions of one instance; the file-descriptor limit must lie above them and MAX_STRANGERS together. */
    MAX_SESSIONS: integer({ min: 1, max: 1_000_000, default: 15_000 }),
    /** Of one user, on all devices together; the oldest goes. */
    MAX_SESSIONS_PER_USER: integer({ min: 1, max: 1_000_000, default: 16 }),
    /** Of one address that a trusted proxy names, an IPv6 network of 64 bits being one; a company or a mobile network may share it. */
    MAX_SESSIONS_PER_ADDRESS: integer({ min: 1, max: 1_000_000, default: 5_000 }),
    /** Times that all devices of one user may connect in a minute, ten seconds' worth of them at once; each poll is one. */
    MAX_CONNECTS_PER_MINUTE: integer({ min: 1, max: 1_000_000, default: 600 }),
    /** Connections that have shown no good token, or are closing; the oldest goes. All that come back within a second after a restart must fit. */
    MAX_STRANGERS: integer({ min: 1, max: 1_000_000, default: 4_000 }),
    /** Upgrades and requests to /v1 that are taken in a second, four times as many at once after a rest: 15,000 phones are back within a minute. */
    MAX_HANDSHAKES_PER_SECOND: integer({ min: 1, max: 1_000_000, default: 1_000 }),
    /** Of one address that a trusted proxy names; a company or a mobile network may share one. */
    MAX_HANDSHAKES_PER_SECOND_PER_ADDRESS: integer({ min: 1, max: 1_000_000, default: 200 }),
    MAX_ROOMS_PER_SESSION: integer({ min: 1, max: 100_000, default: 100 }),
    /** Frames of a client that are answered in a minute. */
    MAX_FRAMES_PER_MINUTE: integer({ min: 1, max: 1_000_000, default: 50 }),
    /** Frames beyond them that are told so in a minute; then the session is closed, and its user shut out until the minute is over. */
    MAX_REFUSALS_PER_MINUTE: integer({ min: 1, max: 1_000_000, default: 50 }),
    MAX_FRAME_BYTES: integer({ min: 1_024, max: 16 * MIB, default: 64 * 1024 }),
    /** Bytes waiting for one slow client, and as many again held while it catches up. */
    MAX_OUTBOX_BYTES: integer({ min: 64 * 1024, max: 1024 * MIB, default: MIB }),
    AUTH_TIMEOUT_MS: integer({ min: 100, max: 60 * SECOND, default: 5 * SECOND }),
    /** How long a client waits for its rooms while the broker is away. */
    JOIN_TIMEOUT_MS: integer({ min: SECOND, max: 600 * SECOND, default: 30 * SECOND }),
    PING_INTERVAL_MS: integer({ min: 100, max: 600 * SECOND, default: 25 * SECOND }),
    PONG_TIMEOUT_MS: integer({ min: 100, max: 600 * SECOND, default: 10 * SECOND }),
    /** A comment goes out on an event stream this often: neither a proxy nor a client takes silence for its end. */
    STREAM_COMMENT_MS: integer({ min: 100, max: 15 * SECOND, default: 15 * SECOND }),
    /** Rooms of one kind that are bound one by one before the whole kind is. */
    MAX_BINDINGS_PER_KIND: integer({ min: 1, max: 1_000_000, default: 500 }),
    ROOM_LINGER_MS: integer({ min: 0, max: 3_600 * SECOND, default: 60 * SECOND }),
    DELIVERY_PREFETCH: integer({ min: 1, max: 65_535, default: 1_000 }),
    /** Recent events kept in memory, so that a blink costs the broker nothing. */
    RECENT_MAX_BYTES: integer({ min: MIB, max: 4096 * MIB, default: 32 * MIB }),
    /** What a client without a cursor is given again. */
    REWIND_SECONDS: integer({ min: 0, max: 86_400, default: 30 }),
    /** Of that, `calendar.sync` at most; beyond, it gets one with the reason `gap` instead of all of them. */
    REWIND_MAX_SYNCS: integer({ min: 0, max: 10_000_000, default: 2_000 }),
    /** Events of the history kept in memory while such clients come; what is older is read for them. */
    REWIND_MAX_BYTES: integer({ min: MIB, max: 4096 * MIB, default: 64 * MIB }),
    /** What one client is sent again of the history at most; beyond, it is told to load anew. */
    REPLAY_MAX_EVENTS: integer({ min: 1, max: 10_000_000, default: 50_000 }),
    REPLAY_MAX_BYTES: integer({ min: 64 * 1024, max: 1024 * MIB, default: 32 * MIB }),
    /** Of that, what is in memory for one client at a time; the rest is read as it takes it. */
    REPLAY_PAGE_BYTES: integer({ min: 16 * 1024, max: 1024 * MIB, default: 4 * MIB }),
    /** Replays from more than five minutes back that all devices of one user may ask for in a minute. */
    MAX_LONG_REPLAYS_PER_MINUTE: integer({ min: 1, max: 1_000_000, default: 30 }),
    /** A replay of which a client has read nothing for so long is broken off. */
    REPLAY_IDLE_MS: integer({ min: SECOND, max: 600 * SECOND, default: 30 * SECOND }),
    /** What clients see that do not choose: our names of the events, or those of the existing apps. */
    EVENT_NAMES: z.enum(EventNaming.options, 'expected dotted or underscore').default('dotted'),
    /** A frame for `calendar` alone goes at once; what follows within this time goes in one write. 0: each by itself. */
    CALENDAR_GATHER_MS: integer({ min: 0, max: SECOND, default: 50 }),
    /** In `calendar` on this instance: for so many the whole of that time, for fewer in proportion. */
    CALENDAR_GATHER_SESSIONS: integer({ min: 1, max: 1_000_000, default: 1_000 }),
    MARK_INTERVAL_MS: integer({ min: 100, max: 60 * SECOND, default: 5 * SECOND }),
    /** Sessions are closed over this time when the instance stops, so that they do not all return at once. */
    DRAIN_SPREAD_MS: integer({ min: 0, max: 600 * SECOND, default: 5 * SECOND }),
    /** Messages waiting in the own queue, or a p99 from ingest to the sockets over the last minute, above which health is degraded. */
    HEALTH_MAX_OWN_QUEUE: integer({ min: 0, max: 1_000_000_000, default: 10_000 }),
    HEALTH_MAX_LATENCY_MS: integer({ min: 1, max: 600 * SECOND, default: 2 * SECOND }),
  })
  .refine(
    (env) =>
      env.JWT_SECRET.reveal().length > 0 || (env.JWT_PUBLIC_KEYS_FILE ?? env.JWT_JWKS_URL) !== undefined,
    between(
      ['JWT_SECRET'],
      `required: the HS256 secret of the backend that issues the tokens, unless its public keys are in JWT_PUBLIC_KEYS_FILE or at JWT_JWKS_URL; ${HOW_TO_MAKE}`,
    ),
  )
  .refine(...namesIssuer('JWT_ISSUER'))
  .refine(...namesIssuer('JWT_AUDIENCE'))
  .refine(
    (env) => env.PONG_TIMEOUT_MS < env.PING_INTERVAL_MS,
    between(
      ['PONG_TIMEOUT_MS', 'PING_INTERVAL_MS'],
      'must be less than PING_INTERVAL_MS: an answer is due before the next ping',
    ),
  )
  .refine(
    (env) => env.DRAIN_SPREAD_MS < env.DRAIN_TIMEOUT_MS,
    between(
      ['DRAIN_SPREAD_MS', 'DRAIN_TIMEOUT_MS'],
      'must be less than DRAIN_TIMEOUT_MS: the last session closes before the deadline',
    ),
  )
  .refine(
    (env) => env.REWIND_SECONDS <= ageSeconds(env.HISTORY_MAX_AGE),
    between(
      ['REWIND_SECONDS', 'HISTORY_MAX_AGE'],
      'must not be more than HISTORY_MAX_AGE: what is older cannot be sent again',
    ),
  )
  .refine(...pushNeedsReceipts)
  .refine(...portsDiffer('WEBSOCKET_PORT', 'HEALTH_PORT'))
  .refine(...drainsInTime);

export type DeliveryConfig = Config<typeof DeliveryVariables>;

/** Throws a ConfigError that lists everything that is wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): DeliveryConfig {
  return readVariables(DeliveryVariables, env);
}
