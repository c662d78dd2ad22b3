import { z } from 'zod';
import {
  commonVariables,
  integer,
  list,
  networks,
  port,
  readVariables,
  Secret,
  type Config,
} from '../../shared/config/env.ts';
import { between, drainsInTime, portsDiffer } from '../../shared/config/setting-rules.ts';
import { weaknessOf } from '../../shared/config/weak-secrets.ts';
import { backends } from './backends/all.ts';

const MIN_KEY_CHARACTERS = 16;
const HOW_TO_MAKE = '`openssl rand -hex 32` makes one';

const ApiKeys = list(`expected one or more API keys, separated by commas; ${HOW_TO_MAKE}`)
  .superRefine((keys, context) => {
    for (const key of keys) {
      const wrong = faultOfKey(key);
      if (wrong !== undefined)
        context.addIssue({ code: 'custom', message: `a key ${wrong}; ${HOW_TO_MAKE}` });
    }
  })
  .transform((keys) => new Secret<readonly string[]>(keys));

function faultOfKey(key: string): string | undefined {
  if (!/^\P{Cc}*$/u.test(key))
    return 'has an end of line or a tab in it, which no header carries: put commas between keys';
  const weakness = weaknessOf(key);
  if (weakness !== undefined) return `is ${weakness}`;
  if (key.length < MIN_KEY_CHARACTERS)
    return `has fewer than ${MIN_KEY_CHARACTERS} characters: it may be guessed`;
  return undefined;
}

const Networks = networks('expected networks separated by commas, such as 172.16.0.0/12,fd00::/8');

/** The variables of all of them together. */
type Merged<Module> = (
  Module extends { readonly variables: infer Variables } ? (one: Variables) => void : never
) extends (all: infer All) => void
  ? All
  : never;
const backendVariables = Object.assign({}, ...backends.map(({ variables }) => variables)) as Merged<
  (typeof backends)[number]
>;

const IngestFields = z.object({
  ...commonVariables,
  ...backendVariables,
  HEALTH_PORT: port(8083),
  INGEST_PORT: port(8082),
  INGEST_API_KEYS: ApiKeys,
  /** Of operators, for /v1/admin/; without them there is no such path. */
  ADMIN_API_KEYS: ApiKeys.optional(),
  /** In force at a time; each takes about 500 bytes of every instance. */
  ADMIN_MAX_REVOCATIONS: integer({ min: 1, max: 10_000_000, default: 100_000 }),
  /** For the answers of all delivery instances to an operator's call: those that give none in it are named. */
  ADMIN_ANSWER_MS: integer({ min: 100, max: 60_000, default: 1_000 }),
  /** What `calendar` gets of an appointment: a thin calendar.sync, or its own event with all its data, as in the fork. */
  CALENDAR_ROOM: z.enum(['thin', 'full'], 'expected thin or full').default('thin'),
  /** on: the thin `calendar.sync` is a message of its own; off: it goes with its event, unless a delivery of before 0.2 is here. */
  CALENDAR_SYNC_APART: z.enum(['on', 'off'], 'expected on or off').default('off'),
  /**
   * Whose calls of /broadcast, and of nothing else, need no key, by the address of the socket's peer, or of whom a trusted proxy
   * names. A key that is sent must be right all the same, so that a wrong one shows; a call that another proxy passed on
   * needs one. Every machine of the network can announce what it likes, so it must hold none but the backend's.
   */
  BROADCAST_TRUSTED_NETWORKS: Networks.default([]),
  /** Size of one request body, or of one message in the inbox. */
  INGEST_MAX_BODY_BYTES: integer({ min: 1_024, max: 16 * 1024 ** 2, default: 1024 ** 2 }),
  /** Of all request bodies above 32 KiB together, from the first byte to the answer: what is beyond waits unread. */
  INGEST_MAX_LARGE_BODIES_BYTES: integer({ min: 1024 ** 2, max: 4 * 1024 ** 3, default: 8 * 1024 ** 2 }),
  /** Bytes of such bodies a second: reading and checking them takes the processor from all others; 0 is unlimited. */
  INGEST_LARGE_BODIES_RATE: integer({ min: 0, max: 1024 ** 3, default: 8 * 1024 ** 2 }),
  /** Of an event's `data` as JSON. With the rest of its frame the largest stays under delivery's default MAX_OUTBOX_BYTES. */
  MAX_EVENT_BYTES: integer({ min: 8 * 1024, max: 512 * 1024, default: 64 * 1024 }),
  /** For a whole request to arrive, headers and body. */
  INGEST_REQUEST_TIMEOUT_MS: integer({ min: 1_000, max: 120_000, default: 10_000 }),
  /** Requests a second and key, and as many together without one; 0 is unlimited. Single calls from one process make fewer. */
  INGEST_RATE_LIMIT: integer({ min: 0, max: 1_000_000, default: 2_000 }),
  /**
   * Events a second of arrays and of the inbox together, once that has gone on for two seconds, so that an event that comes by itself
   * is not behind thousands of them; 0 is unlimited.
   */
  INGEST_BULK_RATE: integer({ min: 0, max: 1_000_000, default: 300 }),
  /** Unconfirmed messages of any kind, from which on those go at as little as a tenth of it: the broker is behind, or the machine. */
  INGEST_BULK_UNCONFIRMED: integer({ min: 1, max: 1_000_000, default: 4 }),
  /** Wrong keys a minute and remote address; then 429 answers them, and right ones that this address has not used before. */
  INGEST_MAX_BAD_KEYS: integer({ min: 1, max: 100_000, default: 20 }),
  /** Messages handed to the broker and not confirmed; the smallest value holds the largest array (1,000 events). */
  INGEST_MAX_UNCONFIRMED: integer({ min: 2_000, max: 1_000_000, default: 10_000 }),
  INGEST_MAX_UNCONFIRMED_BYTES: integer({ min: 1024 ** 2, max: 4 * 1024 ** 3, default: 64 * 1024 ** 2 }),
  /** After this the caller is told 503, though the broker may still take the message. */
  INGEST_CONFIRM_TIMEOUT_MS: integer({ min: 100, max: 60_000, default: 5_000 }),
  /** Messages of the inbox that are held here until their confirm: as many of the largest size are its memory. */
  INBOX_PREFETCH: integer({ min: 1, max: 10_000, default: 50 }),
  /** Messages waiting in the inbox, above which webhooks and calls that would go there are answered 503. */
  INBOX_MAX_MESSAGES: integer({ min: 1, max: 100_000_000, default: 100_000 }),
  /** Ids remembered for 24 hours to recognise repeats; about 500 bytes each. */
  REPEATS_MAX: integer({ min: 1_000, max: 10_000_000, default: 100_000 }),
  /** For reading them from the history at start: until then events with an id are answered 503. */
  REPEATS_READ_TIMEOUT_MS: integer({ min: 0, max: 600_000, default: 10_000 }),
  /** Messages waiting in the inbox, or a p99 of the confirms of the last minute, above which health is degraded. */
  HEALTH_MAX_INBOX: integer({ min: 0, max: 1_000_000_000, default: 1_000 }),
  HEALTH_MAX_CONFIRM_MS: integer({ min: 1, max: 600_000, default: 1_000 }),
});

export const IngestVariables = backends
  .flatMap(({ rules }) => rules)
  .reduce((fields, rule) => fields.refine(...rule), IngestFields)
  .refine(...portsDiffer('INGEST_PORT', 'HEALTH_PORT'))
  .refine(
    ({ ADMIN_API_KEYS: admin, INGEST_API_KEYS: ingest }) =>
      !(admin?.reveal() ?? []).some((key) => ingest.reveal().includes(key)),
    between(
      ['ADMIN_API_KEYS', 'INGEST_API_KEYS'],
      'a key is among INGEST_API_KEYS too: whoever publishes would be an operator; make others',
    ),
  )
  .refine(...drainsInTime);

export type IngestConfig = Config<typeof IngestVariables>;

/** Throws a ConfigError that lists everything that is wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): IngestConfig {
  return readVariables(IngestVariables, env);
}
