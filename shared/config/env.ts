import { z } from 'zod';
import { parseNetwork, privateNetworks, type Network } from './networks.ts';
import { readSecretFiles } from './secret-files.ts';
import { Age, GracePeriod } from './setting-rules.ts';
import {
  brokerUrlsProblem,
  collectorForm,
  managementForm,
  peerForm,
  problemsOf,
  urlProblem,
} from './setting-urls.ts';

/** Why a setting can never work, and what to write instead; its value is not in it. */
export interface SettingProblem {
  readonly name: string;
  readonly message: string;
}

/** The environment does not describe a service that can start; the message lists every problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly SettingProblem[]) {
    const lines = problems.map(({ name, message }) => `  ${name}: ${message}`);
    super(`These settings cannot work:\n${lines.join('\n')}`);
  }
}

type CamelCase<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>;

/** The variables of a schema under the names that code gives them: `MAX_OUTBOX_BYTES` is `maxOutboxBytes`. */
export type Config<Schema extends z.ZodObject> = {
  readonly [Name in keyof z.infer<Schema> & string as CamelCase<Name>]: z.infer<Schema>[Name];
};

/**
 * Reads variables by a schema, frozen. A blank variable means unset, blanks around a value do not count, and every invalid
 * one is listed at once in a `ConfigError`. A secret may stand in a file that `NAME_FILE` names.
 */
export function readVariables<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): Config<Schema> {
  const files = readSecretFiles(env, Object.keys(schema.shape));
  const set = Object.entries({ ...env, ...files.values }).flatMap(([name, value = '']) =>
    value.trim() === '' ? [] : [[name, value.trim()] as const],
  );
  const parsed = schema.safeParse(Object.fromEntries(set));
  const unread = new Set(files.problems.map(({ name }) => name));
  if (parsed.success && unread.size === 0) {
    const variables = Object.entries(parsed.data).map(([name, value]) => [camelCase(name), value]);
    return Object.freeze(Object.fromEntries(variables)) as Config<Schema>;
  }
  const issues = parsed.error?.issues ?? [];
  const invalid = issues.map(({ path, message }) => ({ name: path.join('.'), message }));
  throw new ConfigError([...files.problems, ...invalid.filter(({ name }) => !unread.has(name))]);
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A text about which `problemOf` has nothing to say. */
export function sound(problemOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

/** A whole number in a range; variables are strings, and a string with anything else in it is refused. */
export function integer(range: { min: number; max: number; default: number }) {
  const expected = `expected a whole number from ${range.min} to ${range.max}`;
  return z
    .string()
    .regex(/^\d+$/, expected)
    .transform(Number)
    .pipe(z.number().min(range.min, expected).max(range.max, expected))
    .default(range.default);
}

export const port = (standard: number) => integer({ min: 0, max: 65_535, default: standard });

/** Comma-separated values without blanks and repeats. */
export function list(missing: string) {
  return z.string(missing).transform((text, context) => {
    const values = text.split(',').map((value) => value.trim());
    const unique = [...new Set(values.filter((value) => value !== ''))];
    if (unique.length > 0) return unique;
    context.addIssue({ code: 'custom', message: missing });
    return z.NEVER;
  });
}

/** Addresses and networks, commas between; a word stands for several. A network of every address trusts anybody. */
export function networks(expected: string, words: Readonly<Record<string, readonly Network[]>> = {}) {
  const message = `${expected}; 0.0.0.0/0 and ::/0 are refused`;
  return list(message).transform((texts, context) =>
    texts.flatMap((text) => {
      const found = Object.hasOwn(words, text) ? words[text] : parseNetwork(text);
      if (found !== undefined) return found;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }),
  );
}

/** A value that must not reach a log: it prints as `[redacted]` however it is printed. */
export class Secret<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[redacted]';
  }
}

const PeerUrls = list(
  'expected URLs of health ports, separated by commas, such as http://ingest:8083',
).superRefine((urls, context) => {
  const problems = problemsOf(urls, (url) => urlProblem(url, peerForm));
  for (const message of problems) context.addIssue({ code: 'custom', message });
});

const HOW_HOSTS =
  'expected names of hosts, separated by commas, such as roomcast.example.org: no scheme, no port, no *';

/** As they stand in `Host`. */
const HostNames = list(HOW_HOSTS).refine(
  (names) => names.every((name) => /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name)),
  HOW_HOSTS,
);

const TrustedProxies = networks(
  'expected private, or addresses and networks separated by commas, such as 172.18.0.0/16,fd00::/8',
  { private: privateNetworks },
);

/** Variables that both services read, with their defaults. */
export const commonVariables = {
  AMQP_URL: sound(brokerUrlsProblem)
    .transform((urls) => new Secret(urls))
    .default(() => new Secret('amqp://guest:guest@localhost:5672')),
  /** Whether behind AMQP_URL stands a cluster; auto sees several nodes in it, or several addresses behind a name. */
  AMQP_CLUSTER: z.enum(['auto', 'on', 'off'], 'expected auto, on or off').default('auto'),
  HISTORY_MAX_AGE: Age.default('7D'),
  /** Of the history on the broker's disk, in whole files of 20 MB; 0 is unlimited. Counts when the stream is made. */
  HISTORY_MAX_BYTES: integer({ min: 0, max: 1e15, default: 5e9 }),
  /** Whether it is kept what became of events: what came in, who was told of it, and how far that got. */
  RECEIPTS: z.enum(['on', 'off'], 'expected on or off').default('on'),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'expected trace, debug, info, warn, error, fatal or silent',
    )
    .default('info'),
  /** Who is believed when X-Forwarded-For says whose request it passes on. */
  TRUSTED_PROXIES: TrustedProxies.default([]),
  DRAIN_TIMEOUT_MS: integer({ min: 100, max: 600_000, default: 9_000 }),
  /** Compose's, which it passes on: only to hold the one above against it. */
  STOP_GRACE_PERIOD: GracePeriod.optional(),
  /** Of the broker, for rates, memory and alarms; without it health and metrics know what AMQP tells. */
  RABBITMQ_MANAGEMENT_URL: sound((url) => urlProblem(url, managementForm))
    .transform((url) => new Secret(url))
    .optional(),
  /** Where spans go, by OTLP over HTTP; without it nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: sound((url) => urlProblem(url, collectorForm)).optional(),
  /** The page for people at `/` of the health port. */
  STATUS_PAGE: z.enum(['on', 'off'], 'expected on or off').default('on'),
  /** Health ports of the other services, whose numbers the page shows too. */
  STATUS_PEERS: PeerUrls.default([]),
  /** Names under which a browser may ask for that page, beside localhost, the machine's own and those in STATUS_PEERS. */
  ALLOWED_HOSTS: HostNames.default([]),
  /** How old health, metrics and the page's numbers may be: they are worked out this often, however many ask. */
  MONITORING_MAX_AGE_MS: integer({ min: 0, max: 10_000, default: 1_000 }),
  /** The event loop late by more than this, for ten seconds, is a reason in health. */
  HEALTH_MAX_LAG_MS: integer({ min: 1, max: 60_000, default: 250 }),
};

export type CommonConfig = Config<z.ZodObject<typeof commonVariables>>;
