import { z } from 'zod';
import { integer, list, Secret, sound, type Config } from '../../../../shared/config/env.ts';
import { between } from '../../../../shared/config/setting-rules.ts';
import { urlProblem } from '../../../../shared/config/setting-urls.ts';
import { weaknessOf } from '../../../../shared/config/weak-secrets.ts';

const API_PATH = '/index.php/api/v1/';

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

const SITE_FORM = {
  example: 'https://example.org/booking',
  noCredentials: 'which the booking page does not take: leave it out',
} as const;
const WITHOUT_QUERY = `expected the address at which the booking page opens, such as ${SITE_FORM.example}, without a query`;

/** A site as it opens in a browser, or with `/index.php`, or with the path of the API: becomes the address of its API. */
export const SiteUrl = sound(
  (url) => urlProblem(url, SITE_FORM) ?? (new URL(url).search === '' ? undefined : WITHOUT_QUERY),
).transform((url) => {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '').replace(/\/index\.php(\/api\/v1)?$/, '')}${API_PATH}`;
});

const ApiToken = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'expected visible ASCII characters without blanks')
  .refine(
    (token) => weaknessOf(token) === undefined,
    'a placeholder is not a token: put the API token of its settings there',
  )
  .transform((token) => new Secret(token));

const Statuses = list('expected one or more statuses, separated by commas').transform(
  (words): ReadonlySet<string> => new Set(words.map((word) => word.toLowerCase())),
);

/** The backend's own variables; ingest reads them with its own. */
export const easyAppointmentsVariables = {
  /** Header in which upstream's webhook sends its secret token: the webhook's "secret header" there. */
  EASYAPPOINTMENTS_TOKEN_HEADER: HeaderName.default('x-ea-token'),
  /** Statuses that mean that an appointment is off, in any case; an operator can translate and add to them. */
  EASYAPPOINTMENTS_CANCELLED_STATUSES: Statuses.default(new Set(['cancelled', 'canceled'])),
  /** Statuses, in any case, of appointments that their customer is not told of yet. */
  EASYAPPOINTMENTS_QUIET_STATUSES: Statuses.default(new Set(['draft'])),
  /** Whether customers get the `hash` with which they can move and cancel their own appointment. */
  EASYAPPOINTMENTS_CUSTOMER_HASH: z.enum(['on', 'off'], 'expected on or off').default('off'),
  /** After an appointment ended, changes of it are told from new ones for so many days. */
  EASYAPPOINTMENTS_KEEP_DAYS: integer({ min: 1, max: 3_650, default: 30 }),
  /** Where Easy!Appointments is, and the token of its REST API: with both, what its webhooks missed is found there. */
  EASYAPPOINTMENTS_URL: SiteUrl.optional(),
  EASYAPPOINTMENTS_API_TOKEN: ApiToken.optional(),
  /** From the end of one reconciliation to the next; 0 is only at start and on demand. */
  EASYAPPOINTMENTS_RECONCILE_MINUTES: integer({ min: 0, max: 10_080, default: 15 }),
  /** How far ahead appointments are compared. */
  EASYAPPOINTMENTS_RECONCILE_DAYS: integer({ min: 1, max: 3_650, default: 90 }),
  /**
   * Of unavailabilities and blocked periods, which it does not list by days, so many are compared: the newest where it
   * sorts, else the oldest.
   */
  EASYAPPOINTMENTS_RECONCILE_MAX_ROWS: integer({ min: 250, max: 1_000_000, default: 5_000 }),
  /** Between two requests to the REST API; it takes 100 in 120 seconds from one address. */
  EASYAPPOINTMENTS_REQUEST_INTERVAL_MS: integer({ min: 0, max: 600_000, default: 1_500 }),
  EASYAPPOINTMENTS_REQUEST_TIMEOUT_MS: integer({ min: 100, max: 600_000, default: 30_000 }),
  /** Of one page of 250 rows. */
  EASYAPPOINTMENTS_MAX_RESPONSE_BYTES: integer({ min: 64 * 1024, max: 1024 ** 3, default: 8 * 1024 ** 2 }),
};

type Variables = Config<z.ZodObject<typeof easyAppointmentsVariables>>;

/** Said only when the other one can be read. */
const needed = (name: keyof typeof easyAppointmentsVariables, other: typeof name) =>
  [
    (variables: Readonly<Record<string, unknown>>) =>
      variables[name] !== undefined || variables[other] === undefined,
    between([name, other], `is missing: reconciliation needs it beside ${other}; without both it is off`),
  ] as const;

/** The REST API needs both its address and its token. */
export const easyAppointmentsRules = [
  needed('EASYAPPOINTMENTS_API_TOKEN', 'EASYAPPOINTMENTS_URL'),
  needed('EASYAPPOINTMENTS_URL', 'EASYAPPOINTMENTS_API_TOKEN'),
];

export type EasyAppointmentsSettings = ReturnType<typeof easyAppointmentsSettings>;

/** As the backend uses them; `reconciliation` is undefined where it is off. */
export function easyAppointmentsSettings(config: Variables) {
  return Object.freeze({
    tokenHeader: config.easyappointmentsTokenHeader,
    cancelledStatuses: config.easyappointmentsCancelledStatuses,
    quietStatuses: config.easyappointmentsQuietStatuses,
    keepHash: config.easyappointmentsCustomerHash === 'on',
    keepDays: config.easyappointmentsKeepDays,
    reconciliation: reconciliationOf(config),
  });
}

function reconciliationOf(config: Variables) {
  const { easyappointmentsUrl: base, easyappointmentsApiToken: token } = config;
  if (base === undefined || token === undefined) return undefined;
  return Object.freeze({
    site: Object.freeze({
      base,
      token,
      timeoutMs: config.easyappointmentsRequestTimeoutMs,
      maxResponseBytes: config.easyappointmentsMaxResponseBytes,
    }),
    periodMs: config.easyappointmentsReconcileMinutes * 60_000,
    daysAhead: config.easyappointmentsReconcileDays,
    maxRows: config.easyappointmentsReconcileMaxRows,
    intervalMs: config.easyappointmentsRequestIntervalMs,
  });
}
