import { spawnSync } from 'node:child_process';
import { npm } from './install.mjs';
import { SetupError } from './paths.mjs';
import { run, runJest } from './tests.mjs';

/** What Testcontainers needs. */
const MIN_NODE = '22.22';
const NODE_TO_FETCH = 'node@24';

/** Runs the command again under a newer Node where this one is too old; `undefined` where it is not. */
export async function rerunOnNewerNode(args) {
  if (process.versions.node.localeCompare(MIN_NODE, 'en', { numeric: true }) >= 0) return undefined;
  console.error(
    `The container tests need Node.js ${MIN_NODE} or newer; this is ${process.versions.node}: ` +
      `running them under ${NODE_TO_FETCH}, by npx.`,
  );
  const again = ['node', 'tools/bootstrap.mjs', 'test:docker', ...args];
  return run(...npm('exec', '--yes', `--package=${NODE_TO_FETCH}`, '--', ...again));
}

/**
 * The tests of one adapter and of the system on the broker that docker-compose.yml names, then those of the compose
 * stack; with arguments only the latter, with them. Resolves to the exit code.
 */
export async function runDockerTests(args) {
  demand(['version', '--format', '{{.Server.Version}}'], 'No Docker engine answers');
  demand(['compose', 'version'], 'There is no docker compose');
  const stack = () => runJest(['--config=jest.docker.config.js', '--runInBand', ...args]);
  if (args.length > 0) return stack();
  const onContainers = { ...process.env, ROOMCAST_BROKER: 'docker' };
  const codes = [await runJest(['\\.int\\.test\\.ts$', 'test/system/'], onContainers), await stack()];
  return codes.find((code) => code !== 0) ?? 0;
}

function demand(args, otherwise) {
  const { status, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' });
  if (status === 0) return;
  const why = (error?.message ?? stderr).trim();
  throw new SetupError(`${otherwise}, and these tests run in containers (docker ${args[0]}: ${why}).`);
}
