import { z } from 'zod';
import {
  commonVariables,
  integer,
  list,
  networks,
  port,
  readEnv,
  Secret,
  sound,
} from '../../shared/runtime/env.ts';
import { between, drainsInTime, portsDiffer } from '../../shared/runtime/setting-rules.ts';
import { urlProblem } from '../../shared/runtime/setting-urls.ts';
import { weaknessOf } from '../../shared/runtime/weak-secrets.ts';
import { apiBaseOf } from './easyappointments/api/api-base.ts';

/** Values that people leave standing in an example file. */
const PLACEHOLDER =
  /^(change[-_ ]?(me|this)|your[-_ ].*|.*placeholder.*|example|secret|password|api[-_ ]?key|todo|test|x+)$/i;

const HOW_TO_MAKE = '`openssl rand -hex 32` makes one';

const ApiKeys = list(`expected one or more API keys, separated by commas; ${HOW_TO_MAKE}`)
  .superRefine((keys, context) => {
    for (const key of keys) {
      const weakness = PLACEHOLDER.test(key) ? 'a placeholder' : weaknessOf(key);
      const wrong = /^\P{Cc}*$/u.test(key)
        ? weakness && `is ${weakness}`
        : 'has an end of line or a tab in it, which no header carries: put commas between keys';
      if (wrong !== undefined)
        context.addIssue({ code: 'custom', message: `a key ${wrong}; ${HOW_TO_MAKE}` });
    }
  })
  .transform((keys) => new Secret<readonly string[]>(keys));

/** Of HTTP itself or of its client: they never carry a token. */
const TAKEN_HEADERS = [
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'user-agent',
];

const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'expected the name of an HTTP header, such as X-Ea-Token')
  .transform((name) => name.toLowerCase())
  .refine(
    (name) => !TAKEN_HEADERS.includes(name),
    'is a header with another use: expected one such as X-Ea-Token',
  );

const siteForm = {
  example: 'https://example.org/booking',
  schemes: ['http', 'https'],
  credentials: 'which the booking page does not take: leave it out',
  path: true,
} as const;

const SiteUrl = sound((url) => urlProblem(url, siteForm)).transform((url, context) => {
  const base = apiBaseOf(url);
  if (base !== undefined) return base;
  context.addIssue({
    code: 'custom',
    message:
      'expected the address at which the booking page opens, such as https://example.org/booking, without a query',
  });
  return z.NEVER;
});

const ApiToken = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'expected visible ASCII characters without blanks')
  .refine(
    (token) => !PLACEHOLDER.test(token) && weaknessOf(token) === undefined,
    'a placeholder is not a token: put the API token of its settings there',
  )
  .transform((token) => new Secret(token));

const Networks = networks(
  'expected networks separated by commas, such as 172.16.0.0/12,fd00::/8; not the one of everybody',
);

/** What is missing beside `other`, said only when that can be read. */
const needed = (name: string, other: string) =>
  between([name, other], `is missing: reconciliation needs it beside ${other}; without both it is off`);

const IngestFields = z.object({
  ...commonVariables,
  HEALTH_PORT: port(8083),
  INGEST_PORT: port(8082),
  INGEST_API_KEYS: ApiKeys,
  /** Header in which upstream's webhook sends its secret token: the webhook's "secret header" there. */
  EASYAPPOINTMENTS_TOKEN_HEADER: HeaderName.default('x-ea-token'),
  /** Statuses that mean that an appointment is off, in any case; an operator can translate and add to them. */
  EASYAPPOINTMENTS_CANCELLED_STATUSES: list('expected one or more statuses, separated by commas')
    .transform((words) => new Set(words.map((word) => word.toLowerCase())))
    .default(new Set(['cancelled', 'canceled'])),
  /** Statuses, in any case, of appointments that their customer is not told of yet. */
  EASYAPPOINTMENTS_QUIET_STATUSES: list('expected one or more statuses, separated by commas')
    .transform((words) => new Set(words.map((word) => word.toLowerCase())))
    .default(new Set(['draft'])),
  /** Whether customers get the `hash` with which they can move and cancel their own appointment. */
  EASYAPPOINTMENTS_CUSTOMER_HASH: z.enum(['on', 'off'], 'expected on or off').default('off'),
  /** After an appointment ended, changes of it are told from new ones for so many days. */
  EASYAPPOINTMENTS_KEEP_DAYS: integer({ min: 1, max: 3_650, default: 30 }),
  /** What `calendar` gets of an appointment: a thin calendar.sync, or its own event with all its data, as in the fork. */
  CALENDAR_ROOM: z.enum(['thin', 'full'], 'expected thin or full').default('thin'),
  /** Where Easy!Appointments is, and the token of its REST API: with both, what its webhooks missed is found there. */
  EASYAPPOINTMENTS_URL: SiteUrl.optional(),
  EASYAPPOINTMENTS_API_TOKEN: ApiToken.optional(),
  /** From the end of one reconciliation to the next; 0 is only at start and on demand. */
  EASYAPPOINTMENTS_RECONCILE_MINUTES: integer({ min: 0, max: 10_080, default: 15 }),
  /** How far ahead appointments are compared. */
  EASYAPPOINTMENTS_RECONCILE_DAYS: integer({ min: 1, max: 3_650, default: 90 }),
  /** Of unavailabilities and blocked periods, which it does not list by days, so many are compared: the newest where it sorts, else the oldest. */
  EASYAPPOINTMENTS_RECONCILE_MAX_ROWS: integer({ min: 250, max: 1_000_000, default: 5_000 }),
  /** Between two requests to the REST API; it takes 100 in 120 seconds from one address. */
  EASYAPPOINTMENTS_REQUEST_INTERVAL_MS: integer({ min: 0, max: 600_000, default: 1_500 }),
  EASYAPPOINTMENTS_REQUEST_TIMEOUT_MS: integer({ min: 100, max: 600_000, default: 30_000 }),
  /** Of one page of 250 rows. */
  EASYAPPOINTMENTS_MAX_RESPONSE_BYTES: integer({ min: 64 * 1024, max: 1024 ** 3, default: 8 * 1024 ** 2 }),
  /**
   * Whose calls of /broadcast, and of nothing else, need no key, by the address of the socket's peer, or of whom a trusted proxy
   * names. A key that is sent must be right all the same, so that a wrong one shows; a call that another proxy passed on
   * needs one. Every machine of the network can announce what it likes, so it must hold none but the backend's.
   */
  BROADCAST_TRUSTED_NETWORKS: Networks.default([]),
  /** Size of one request body, or of one message in the inbox. */
  INGEST_MAX_BODY_BYTES: integer({ min: 1_024, max: 16 * 1024 ** 2, default: 1024 ** 2 }),
  /** Of an event's `data` as JSON. With the rest of its frame the largest stays under delivery's default MAX_OUTBOX_BYTES. */
  MAX_EVENT_BYTES: integer({ min: 8 * 1024, max: 512 * 1024, default: 64 * 1024 }),
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
  /** Ids remembered for 24 hours to recognise repeats; about 500 bytes each. */
  REPEATS_MAX: integer({ min: 1_000, max: 10_000_000, default: 100_000 }),
  /** For reading them from the history at start: until then events with an id are answered 503. */
  REPEATS_READ_TIMEOUT_MS: integer({ min: 0, max: 600_000, default: 10_000 }),
  /** Messages waiting in the inbox, or a p99 of the confirms of the last minute, above which health is degraded. */
  HEALTH_MAX_INBOX: integer({ min: 0, max: 1_000_000_000, default: 1_000 }),
  HEALTH_MAX_CONFIRM_MS: integer({ min: 1, max: 600_000, default: 1_000 }),
});

export const IngestVariables = IngestFields.refine(
  ({ EASYAPPOINTMENTS_URL: url, EASYAPPOINTMENTS_API_TOKEN: token }) =>
    url === undefined || token !== undefined,
  needed('EASYAPPOINTMENTS_API_TOKEN', 'EASYAPPOINTMENTS_URL'),
)
  .refine(
    ({ EASYAPPOINTMENTS_URL: url, EASYAPPOINTMENTS_API_TOKEN: token }) =>
      token === undefined || url !== undefined,
    needed('EASYAPPOINTMENTS_URL', 'EASYAPPOINTMENTS_API_TOKEN'),
  )
  .refine(...portsDiffer('INGEST_PORT', 'HEALTH_PORT'))
  .refine(...drainsInTime);

export type IngestConfig = ReturnType<typeof readConfig>;

/** Throws a ConfigError that lists everything that is wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const variables = readEnv(IngestVariables, env);
  return Object.freeze({
    amqpUrl: variables.AMQP_URL,
    cluster: variables.AMQP_CLUSTER,
    historyMaxAge: variables.HISTORY_MAX_AGE,
    logLevel: variables.LOG_LEVEL,
    drainTimeoutMs: variables.DRAIN_TIMEOUT_MS,
    healthPort: variables.HEALTH_PORT,
    httpPort: variables.INGEST_PORT,
    apiKeys: variables.INGEST_API_KEYS,
    tokenHeader: variables.EASYAPPOINTMENTS_TOKEN_HEADER,
    cancelledStatuses: variables.EASYAPPOINTMENTS_CANCELLED_STATUSES,
    quietStatuses: variables.EASYAPPOINTMENTS_QUIET_STATUSES,
    keepHash: variables.EASYAPPOINTMENTS_CUSTOMER_HASH === 'on',
    keepDays: variables.EASYAPPOINTMENTS_KEEP_DAYS,
    calendarRoom: variables.CALENDAR_ROOM,
    reconciliation: reconciliationOf(variables),
    trustedProxies: variables.TRUSTED_PROXIES,
    trustedNetworks: variables.BROADCAST_TRUSTED_NETWORKS,
    maxBodyBytes: variables.INGEST_MAX_BODY_BYTES,
    maxEventBytes: variables.MAX_EVENT_BYTES,
    requestTimeoutMs: variables.INGEST_REQUEST_TIMEOUT_MS,
    rateLimit: variables.INGEST_RATE_LIMIT,
    maxBadKeys: variables.INGEST_MAX_BAD_KEYS,
    maxUnconfirmed: variables.INGEST_MAX_UNCONFIRMED,
    maxUnconfirmedBytes: variables.INGEST_MAX_UNCONFIRMED_BYTES,
    confirmTimeoutMs: variables.INGEST_CONFIRM_TIMEOUT_MS,
    inboxPrefetch: variables.INBOX_PREFETCH,
    maxRepeats: variables.REPEATS_MAX,
    repeatsReadTimeoutMs: variables.REPEATS_READ_TIMEOUT_MS,
    tracingEndpoint: variables.OTEL_EXPORTER_OTLP_ENDPOINT,
    managementUrl: variables.RABBITMQ_MANAGEMENT_URL,
    statusPage: variables.STATUS_PAGE,
    statusPeers: variables.STATUS_PEERS,
    health: Object.freeze({
      maxInbox: variables.HEALTH_MAX_INBOX,
      maxConfirmMs: variables.HEALTH_MAX_CONFIRM_MS,
      maxLagMs: variables.HEALTH_MAX_LAG_MS,
    }),
  });
}

/** `undefined` where it is off. */
function reconciliationOf(variables: z.infer<typeof IngestVariables>) {
  const { EASYAPPOINTMENTS_URL: base, EASYAPPOINTMENTS_API_TOKEN: token } = variables;
  if (base === undefined || token === undefined) return undefined;
  return Object.freeze({
    site: Object.freeze({
      base,
      token,
      timeoutMs: variables.EASYAPPOINTMENTS_REQUEST_TIMEOUT_MS,
      maxResponseBytes: variables.EASYAPPOINTMENTS_MAX_RESPONSE_BYTES,
    }),
    periodMs: variables.EASYAPPOINTMENTS_RECONCILE_MINUTES * 60_000,
    daysAhead: variables.EASYAPPOINTMENTS_RECONCILE_DAYS,
    maxRows: variables.EASYAPPOINTMENTS_RECONCILE_MAX_ROWS,
    intervalMs: variables.EASYAPPOINTMENTS_REQUEST_INTERVAL_MS,
  });
}
