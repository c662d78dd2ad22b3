import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../shared/service/command-line.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every command runs in the checkout: the bootstrap changes to it. */
export const root = process.cwd();

const envFile = join(root, '.env');

/** What `.env` says, the process environment winning over it. A blank variable means unset, in both. */
export function loadEnvironment(): Record<string, string> {
  const fromFile = existsSync(envFile) ? parseEnv(readFileSync(envFile, 'utf8')) : {};
  const env: Record<string, string> = {};
  const variables: [string, string | undefined][] = Object.entries(fromFile);
  for (const [name, value = ''] of [...variables, ...Object.entries(process.env)]) {
    if (value.trim() !== '') env[name] = value;
  }
  return env;
}

/** As `loadEnvironment`, for a command that needs a secret and may come before the first start. */
export function loadWithSecret(name: string): Record<string, string> {
  const env = loadEnvironment();
  if ((env[name] ?? env[`${name}_FILE`]) !== undefined) return env;
  ensureEnvFile((sentence) => console.error(sentence));
  return loadEnvironment();
}

/** `NAME=value` lines with optional quotes, `export` and `# comments`, as Docker Compose reads them. */
export function parseEnv(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, rest = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const quoted = /^(["'])(.*?)\1/.exec(rest)?.[2];
    values[name] = quoted ?? rest.replace(/(^|\s)#.*$/, '').trim();
  }
  return values;
}

/**
 * Writes `.env` from `.env.example` with fresh secrets, readable by its owner only, if there is none.
 * `AMQP_URL` stays blank, so that a broker is found instead of one being expected at the default address.
 */
export function ensureEnvFile(say: (sentence: string) => void): void {
  const example = join(root, '.env.example');
  if (existsSync(envFile)) return;
  const fresh = {
    JWT_SECRET: randomBytes(32).toString('base64url'),
    INGEST_API_KEYS: randomBytes(24).toString('base64url'),
    AMQP_URL: '',
  };
  let text = existsSync(example) ? readFileSync(example, 'utf8') : '';
  for (const [name, value] of Object.entries(fresh)) text = withVariable(text, name, value);
  try {
    writeFileSync(envFile, text, { mode: 0o600, flag: 'wx' });
    say('wrote .env with fresh secrets (JWT_SECRET, INGEST_API_KEYS)');
  } catch (error) {
    // Another start was faster: its secrets are as good.
    if (!existsSync(envFile)) throw error;
  }
}

function withVariable(text: string, name: string, value: string): string {
  const line = new RegExp(`^${name}=.*$`, 'm');
  if (line.test(text)) return text.replace(line, () => `${name}=${value}`);
  if (value === '') return text;
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${name}=${value}\n`;
}

/** The first of comma-separated values: the current one of a rotation. */
export function firstOf(env: Environment, name: string): string {
  const [first] = (env[name] ?? '').split(',').map((value) => value.trim());
  if (first !== undefined && first !== '') return first;
  throw new CommandError(`${name} is not set in .env: set it there, or remove .env to get a new one.`);
}
