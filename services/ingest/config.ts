import { z } from 'zod';
import { commonVariables, integer, list, port, readEnv, Secret } from '../../shared/runtime/env.ts';

/** Values that people leave standing in an example file. */
const PLACEHOLDER =
  /^(change[-_ ]?(me|this)|your[-_ ].*|.*placeholder.*|example|secret|password|api[-_ ]?key|todo|test|x+)$/i;

const ApiKeys = list('expected one or more API keys, separated by commas; `openssl rand -hex 32` makes one')
  .refine(
    (keys) => !keys.some((key) => PLACEHOLDER.test(key)),
    'a placeholder is not a key: put the output of `openssl rand -hex 32` there',
  )
  .transform((keys) => new Secret<readonly string[]>(keys));

const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'expected the name of an HTTP header')
  .transform((name) => name.toLowerCase());

export const IngestVariables = z.object({
  ...commonVariables,
  HEALTH_PORT: port(8083),
  INGEST_PORT: port(8082),
  INGEST_API_KEYS: ApiKeys,
  /** Header in which upstream's webhook sends its secret token: the webhook's "secret header" there. */
  EASYAPPOINTMENTS_TOKEN_HEADER: HeaderName.default('x-ea-token'),
  /** Size of one request body, or of one message in the inbox. */
  INGEST_MAX_BODY_BYTES: integer({ min: 1_024, max: 16 * 1024 ** 2, default: 1024 ** 2 }),
  /** For a whole request to arrive, headers and body. */
  INGEST_REQUEST_TIMEOUT_MS: integer({ min: 1_000, max: 120_000, default: 10_000 }),
  /** Requests a second and key; 0 is unlimited. */
  INGEST_RATE_LIMIT: integer({ min: 0, max: 1_000_000, default: 0 }),
  /** Wrong keys a minute and remote address, before 429 answers them; a good key is never limited by it. */
  INGEST_MAX_BAD_KEYS: integer({ min: 1, max: 100_000, default: 20 }),
  /** Messages handed to the broker and not confirmed; the smallest value holds the largest array (1,000 events). */
  INGEST_MAX_UNCONFIRMED: integer({ min: 2_000, max: 1_000_000, default: 10_000 }),
  INGEST_MAX_UNCONFIRMED_BYTES: integer({ min: 1024 ** 2, max: 4 * 1024 ** 3, default: 64 * 1024 ** 2 }),
  /** After this the caller is told 503, though the broker may still take the message. */
  INGEST_CONFIRM_TIMEOUT_MS: integer({ min: 100, max: 60_000, default: 5_000 }),
  /** Messages of the inbox that wait here for their confirm. */
  INBOX_PREFETCH: integer({ min: 1, max: 10_000, default: 200 }),
  /** Ids remembered for 24 hours to recognise repeats; about 300 bytes each. */
  REPEATS_MAX: integer({ min: 1_000, max: 10_000_000, default: 100_000 }),
});

export type IngestConfig = ReturnType<typeof readConfig>;

/** Throws a ConfigError that lists everything that is wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const variables = readEnv(IngestVariables, env);
  return Object.freeze({
    amqpUrl: variables.AMQP_URL,
    historyMaxAge: variables.HISTORY_MAX_AGE,
    logLevel: variables.LOG_LEVEL,
    drainTimeoutMs: variables.DRAIN_TIMEOUT_MS,
    healthPort: variables.HEALTH_PORT,
    httpPort: variables.INGEST_PORT,
    apiKeys: variables.INGEST_API_KEYS,
    tokenHeader: variables.EASYAPPOINTMENTS_TOKEN_HEADER,
    maxBodyBytes: variables.INGEST_MAX_BODY_BYTES,
    requestTimeoutMs: variables.INGEST_REQUEST_TIMEOUT_MS,
    rateLimit: variables.INGEST_RATE_LIMIT,
    maxBadKeys: variables.INGEST_MAX_BAD_KEYS,
    maxUnconfirmed: variables.INGEST_MAX_UNCONFIRMED,
    maxUnconfirmedBytes: variables.INGEST_MAX_UNCONFIRMED_BYTES,
    confirmTimeoutMs: variables.INGEST_CONFIRM_TIMEOUT_MS,
    inboxPrefetch: variables.INBOX_PREFETCH,
    maxRepeats: variables.REPEATS_MAX,
  });
}
