import { z } from 'zod';

/** The environment does not describe a service that can start; the message lists every problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads variables by a schema. A blank variable means unset; every invalid one is listed at once. */
export function readEnv<Schema extends z.ZodType>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<Schema> {
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== '');
  const parsed = schema.safeParse(Object.fromEntries(set));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  throw new ConfigError(`The environment is not complete:\n${problems.join('\n')}`);
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

const BROKER_EXPECTED =
  'expected amqp://user:password@host:port/vhost, or several nodes of one cluster separated by commas';

const AmqpUrl = z
  .string()
  .refine((urls) => urls.split(',').every((url) => isBrokerUrl(url.trim())), BROKER_EXPECTED)
  .transform((urls) => new Secret(urls));

function isBrokerUrl(url: string): boolean {
  return /^amqps?:\/\//.test(url) && URL.canParse(url);
}

/** Variables that both services read, with their defaults. */
export const commonVariables = {
  AMQP_URL: AmqpUrl.default(() => new Secret('amqp://guest:guest@localhost:5672')),
  HISTORY_MAX_AGE: z
    .string()
    .regex(/^[1-9]\d*[YMDhms]$/, 'expected a number and one of Y M D h m s, such as 7D')
    .default('7D'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DRAIN_TIMEOUT_MS: integer({ min: 100, max: 600_000, default: 9_000 }),
};
