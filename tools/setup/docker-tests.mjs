import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { npm } from './install.mjs';
import { inRoot, SetupError } from './paths.mjs';
import { run, runJest } from './tests.mjs';

/** What Testcontainers needs. */
const MIN_NODE = '22.22';
const NODE_TO_FETCH = 'node@24';
const WORKERS_OF_EACH = 2;

/**
 * What hangs on the broker's version: arguments of queues, policies, bounds, streams, confirms, its management API and
 * what it answers at the edges. What the services promise together is held to by the tests of the compose stack. The rest
 * of the suite runs on RabbitMQ 4 by `ROOMCAST_BROKER=docker npm test`.
 */
const SUITES_OF_THE_BROKER = [
  'broker',
  'delivery/bindings.int',
  'delivery/history-lag.int',
  'delivery/history-limits.int',
  'delivery/large-event.int',
  'delivery/long-resumes.int',
  'delivery/resume.int',
  'delivery/rewind.int',
  'ingest/bounded-inbox.int',
  'ingest/easyappointments/ledger-stream.int',
  'ingest/inbox-full.int',
  'ingest/inbox-limits.int',
  'ingest/inbox.int',
  'ingest/outage.int',
  'ingest/poison.int',
  'ingest/publisher.int',
  'ingest/queue-watch.int',
  'cli/rejected.int',
  'ingest/rejected-limits.int',
  'ingest/take-back.int',
  'ingest/used-ids.int',
  'monitoring/metrics.int',
  'system/own-queue.e2e',
  'system/queue-limits.e2e',
];

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
 * The suites of the broker on the one that docker-compose.yml names, beside those of the compose stack, since both wait most
 * of the time; with arguments only the latter, with them. Resolves to the exit code.
 */
export async function runDockerTests(args) {
  demand(['version', '--format', '{{.Server.Version}}'], 'No Docker engine answers');
  demand(['compose', 'version'], 'There is no docker compose');
  const stack = ['--config=jest.docker.config.js', `--maxWorkers=${WORKERS_OF_EACH}`, ...args];
  if (args.length > 0) return runJest(stack);
  const onContainers = { ...process.env, ROOMCAST_BROKER: 'docker' };
  const gone = SUITES_OF_THE_BROKER.filter((name) =>
    ['', '.test.ts'].every((end) => !existsSync(inRoot(`test/${name}${end}`))),
  );
  if (gone.length > 0)
    throw new SetupError(`tools/setup/docker-tests.mjs names suites that are not there: ${gone.join(', ')}.`);
  const suites = SUITES_OF_THE_BROKER.map((name) => `/test/${name}[/.]`);
  const ofTheBroker = [`--maxWorkers=${WORKERS_OF_EACH}`, ...suites];
  const codes = await Promise.all([
    runJest(ofTheBroker, onContainers),
    runJest(stack, process.env, 'at the end'),
  ]);
  return codes.find((code) => code !== 0) ?? 0;
}

function demand(args, otherwise) {
  const { status, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' });
  if (status === 0) return;
  const why = (error?.message ?? stderr).trim();
  throw new SetupError(`${otherwise}, and these tests run in containers (docker ${args[0]}: ${why}).`);
}
