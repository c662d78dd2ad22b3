import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BrokerError } from './broker.ts';
import { runCommand, type CommandResult } from './processes.ts';
import { withProgress } from './progress.ts';

const ANSWER_MS = 10_000;
const CALL_MS = 120_000;
const PULL_MS = 600_000;
const DEFAULT_IMAGE = 'rabbitmq:4-management';

/** The image that docker-compose.yml runs, also as the default of a `${VARIABLE:-…}`. */
export function rabbitImage(root: string): string {
  const file = join(root, 'docker-compose.yml');
  const compose = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /^\s*image:.*?\b(rabbitmq:[\w.-]+)/m.exec(compose)?.[1] ?? DEFAULT_IMAGE;
}

/** One call of the docker command line; a failure is thrown in its own words. */
export async function docker(args: readonly string[]): Promise<string> {
  const result = await runCommand('docker', args, { timeoutMs: CALL_MS });
  if (result.code === 0) return result.stdout.trim();
  throw new BrokerError(`docker ${args[0] ?? ''}: ${complaint(result)}`);
}

/** Why containers cannot be had here; `undefined` when an engine answers and has the image. */
export async function dockerObstacle(image: string, signal?: AbortSignal): Promise<string | undefined> {
  const version = ['version', '--format', '{{.Server.Version}}'];
  const engine = await runCommand('docker', version, { timeoutMs: ANSWER_MS, signal });
  if (engine.code !== 0) {
    const missing = engine.stderr.includes('ENOENT');
    return missing ? 'there is no docker command' : `no Docker engine answers (${complaint(engine)})`;
  }
  const present = await runCommand('docker', ['image', 'inspect', image], { timeoutMs: ANSWER_MS, signal });
  if (present.code === 0) return undefined;
  const pull = () => runCommand('docker', ['pull', '--quiet', image], { timeoutMs: PULL_MS, signal });
  const pulled = await withProgress(`pulling ${image}`, pull);
  return pulled.code === 0 ? undefined : `the Docker engine cannot get ${image} (${complaint(pulled)})`;
}

/** The line that says what went wrong; after it the command line may advise to ask for help. */
function complaint({ stdout, stderr }: CommandResult): string {
  const lines = (stderr.trim() || stdout.trim() || 'no answer in time').split('\n');
  return lines.find((line) => /error|cannot/i.test(line)) ?? lines.at(-1) ?? '';
}
