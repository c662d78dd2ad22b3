import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { awaitBroker } from './await-broker.ts';
import { BrokerError, type Attempt, type BrokerOptions, type Lifetime, type OwnBroker } from './broker.ts';
import { docker, dockerObstacle, rabbitImage } from './docker-engine.ts';
import { startGuardian } from './guardian.ts';
import { addresses, choosePorts, type Ports } from './ports.ts';
import { ownMark, type ProcessMark } from './processes.ts';
import { withProgress } from './progress.ts';
import { claimOrShare, removeRecord, writeRecord } from './start-record.ts';

const START_TIMEOUT_MS = 120_000;
const STOP_GRACE_S = 15;
const WATCH_MS = 1_000;
const MAX_TRIES = 3;

/** RabbitMQ in a container that ends with us, its ports published on the loopback only. */
export async function tryDocker(options: BrokerOptions): Promise<Attempt> {
  const { lifetime, root, signal, startContainer } = options;
  const image = rabbitImage(root);
  const obstacle = await dockerObstacle(image, signal);
  if (obstacle !== undefined) return { passedOver: obstacle };
  try {
    if (lifetime === 'kept') return { broker: await startOrShare(image, options) };
    if (startContainer !== undefined) return { broker: await startContainer(image, options) };
    return { broker: await start(`roomcast-test-${randomBytes(6).toString('hex')}`, image, options) };
  } catch (error) {
    if (!(error instanceof BrokerError) || signal?.aborted === true) throw error;
    return { passedOver: error.message };
  }
}

/** One kept container, and one volume for its data, for each checkout. */
async function startOrShare(image: string, options: BrokerOptions): Promise<OwnBroker> {
  const { root } = options;
  const name = `roomcast-dev-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
  const recordFile = join(root, '.data', 'docker.json');
  const shared = await claimOrShare(recordFile, {
    ...options,
    endLeftBehind: async ({ owner, stopping }, say) => {
      if ((await containerOf(owner, name)) === '') return;
      say(
        stopping
          ? `the broker of the last npm start is still stopping (container ${name}): waiting for it`
          : `an earlier start was killed and left the container ${name} behind: removing it, its data stays`,
      );
      await removeContainer(name, owner, 'kept');
    },
  });
  if (shared !== undefined) return shared;
  try {
    // Left by a machine that went down, its record since removed; docker refuses it for one that runs.
    await docker(['rm', name]).catch(() => undefined);
    const broker = await start(name, image, options);
    writeRecord(recordFile, { processes: [], broker: broker.handle }, 'w');
    const stop = async () => {
      await broker.stop();
      removeRecord(recordFile);
    };
    return { ...broker, stop };
  } catch (error) {
    removeRecord(recordFile);
    throw error;
  }
}

async function start(
  name: string,
  image: string,
  { lifetime, root, quiet, signal }: BrokerOptions,
): Promise<OwnBroker> {
  const kept = lifetime === 'kept';
  const label = processLabel(ownMark());
  const end = kept ? `docker stop -t ${STOP_GRACE_S} $ids; docker rm $ids` : 'docker rm -fv $ids';
  const guardian = startGuardian(`ids=$(docker ps -aq --filter "label=$1"); ${end}`, [label]);
  const remove = async (lifetime: Lifetime) => {
    await removeContainer(name, ownMark(), lifetime);
    await guardian.dismiss();
  };
  const run = async () => {
    const ports = await runContainer(
      name,
      image,
      kept ? join(root, '.data', 'docker-ports.json') : undefined,
    );
    await awaitContainer(name, ports, signal);
    return ports;
  };
  try {
    const ports = await withProgress('starting RabbitMQ', run, { quiet });
    const data = kept ? `data in the volume ${name}` : 'temporary data';
    return {
      handle: { kind: 'docker', container: name, ...addresses(ports) },
      describe: `${image} as the Docker container ${name} on port ${ports.amqp} (${data})`,
      ours: true,
      ended: new Promise(() => undefined),
      stop: () => remove(lifetime),
      kill: async () => {
        await docker(['kill', name]);
      },
      restart: async () => {
        await stopContainer(name);
        await docker(['start', name]);
        await awaitContainer(name, ports);
      },
    };
  } catch (error) {
    // A container that is only just starting does not hear a polite stop.
    await remove('temporary');
    throw error;
  }
}

/** With `portsFile` a kept one: its data is in a volume of its name; else in an anonymous one, removed with it. */
async function runContainer(name: string, image: string, portsFile?: string): Promise<Ports> {
  for (let tries = 1; ; tries += 1) {
    const ports = await choosePorts(portsFile);
    try {
      await docker([
        ...['run', '--detach', '--pull', 'never', '--name', name],
        // The data belongs to the node's name, and that contains the host's.
        ...['--hostname', 'roomcast', '--label', processLabel(ownMark())],
        ...['--publish', `127.0.0.1:${ports.amqp}:5672`, '--publish', `127.0.0.1:${ports.management}:15672`],
        ...(portsFile === undefined ? [] : ['--volume', `${name}:/var/lib/rabbitmq`]),
        image,
      ]);
      return ports;
    } catch (error) {
      const portTaken = /port is already allocated|address already in use/.test(String(error));
      if (!portTaken || tries === MAX_TRIES) throw error;
      await removeContainer(name, ownMark(), 'temporary');
    }
  }
}

/** Rejects with the container's own words if it ends before it answers. */
async function awaitContainer(name: string, ports: Ports, signal?: AbortSignal): Promise<void> {
  const enough = new AbortController();
  try {
    const answers = awaitBroker(addresses(ports), { timeoutMs: START_TIMEOUT_MS, signal });
    await Promise.race([answers, rejectWhenEnded(name, enough.signal)]);
  } finally {
    enough.abort();
  }
}

async function rejectWhenEnded(name: string, signal: AbortSignal): Promise<never> {
  for (;;) {
    await delay(WATCH_MS, undefined, { signal });
    const state = await docker(['inspect', '--format', '{{.State.Status}}', name]);
    if (state === 'running') continue;
    throw new BrokerError(`the container ended: ${await docker(['logs', '--tail', '8', name])}`);
  }
}

async function stopContainer(name: string): Promise<void> {
  await docker(['stop', '-t', String(STOP_GRACE_S), name]);
}

/** Of this owner alone: under the same name there may be another process's container, which stays. */
async function removeContainer(name: string, owner: ProcessMark, lifetime: Lifetime): Promise<void> {
  const id = await containerOf(owner, name);
  if (id === '') return;
  // Gone already is as good as removed.
  if (lifetime === 'kept') await stopContainer(id).catch(() => undefined);
  await docker(['rm', '-fv', id]).catch(() => undefined);
}

/** Its id, or nothing if there is none. */
function containerOf(owner: ProcessMark, name: string): Promise<string> {
  return docker(['ps', '-aq', '--filter', `label=${processLabel(owner)}`, '--filter', `name=^/?${name}$`]);
}

function processLabel({ pid, started }: ProcessMark): string {
  return `roomcast.process=${pid}-${started}`;
}
