import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { awaitBroker } from './await-broker.ts';
import { BrokerError, type Attempt, type BrokerOptions, type OwnBroker } from './broker.ts';
import { runCtl } from './ctl.ts';
import {
  awaitContainer,
  guardContainers,
  isComplaint,
  ownerOf,
  removeContainer,
  removeOurs,
  runContainer,
  stopContainer,
  type Container,
  type ContainerOwner,
} from './docker-container.ts';
import { docker, dockerObstacle, rabbitImage } from './docker-engine.ts';
import { orAbort } from './or-abort.ts';
import { addresses } from './ports.ts';
import { isAlive } from './processes.ts';
import { onceEach, withProgress } from './progress.ts';
import { sharedBroker } from './shared-broker.ts';
import { isStaying, isStopping } from './stop-notice.ts';

const SHARED_TIMEOUT_MS = 120_000;
const POLL_MS = 200;

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
  const { root, say, signal } = options;
  const name = `roomcast-dev-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
  const tell = onceEach(say);
  for (;;) {
    signal?.throwIfAborted();
    const earlier = await ownerOf(name);
    if (earlier !== undefined && isAlive(earlier.owner)) {
      const { owner, ports } = earlier;
      if (await answersWhileStaying(earlier, options))
        return sharedBroker({ kind: 'docker', container: name, ...addresses(ports) }, owner.pid);
      tell(`another npm start (process ${owner.pid}) is stopping: waiting for it`);
      await delay(POLL_MS, undefined, { signal });
      continue;
    }
    if (earlier !== undefined) {
      tell(
        isStopping(root, earlier.owner)
          ? `the broker of the last npm start is still stopping (container ${name}): waiting for it`
          : `an earlier start was killed and left the container ${name} behind: removing it, its data stays`,
      );
      await orAbort(removeContainer(name, 'kept'), signal);
    }
    try {
      return await start(name, image, options);
    } catch (error) {
      // Another start took the name since we looked.
      if (!isComplaint(error, /is already in use by container/)) throw error;
    }
  }
}

/** `false` once the owner of the container stops, or ends, before it answers. */
async function answersWhileStaying(
  { owner, ports }: ContainerOwner,
  { root, signal }: BrokerOptions,
): Promise<boolean> {
  const leaving = new AbortController();
  const look = () => {
    if (!isStaying(root, owner)) leaving.abort();
  };
  look();
  const looking = setInterval(look, POLL_MS);
  const either = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
  try {
    await awaitBroker(addresses(ports), { timeoutMs: SHARED_TIMEOUT_MS, signal: either });
    look();
    return !leaving.signal.aborted;
  } catch (error) {
    if (leaving.signal.aborted) return false;
    throw error;
  } finally {
    clearInterval(looking);
  }
}

async function start(
  name: string,
  image: string,
  { lifetime, root, quiet, signal }: BrokerOptions,
): Promise<OwnBroker> {
  const kept = lifetime === 'kept';
  if (kept) mkdirSync(join(root, '.data'), { recursive: true });
  const portsFile = kept ? join(root, '.data', 'docker-ports.json') : undefined;
  const guardian = guardContainers(lifetime);
  const stop = async () => {
    await removeOurs(name, lifetime);
    await guardian.dismiss();
  };
  const run = async () => {
    const container = await runContainer({ name, image, volume: kept ? name : undefined }, portsFile);
    await awaitContainer(container, signal);
    return container;
  };
  try {
    return brokerOf(await withProgress('starting RabbitMQ', run, { quiet }), stop);
  } catch (error) {
    // A container that is only just starting does not hear a polite stop.
    await removeOurs(name, 'temporary');
    await guardian.dismiss();
    throw error;
  }
}

function brokerOf(container: Container, stop: () => Promise<void>): OwnBroker {
  const { name, ports, image, volume } = container;
  const handle = { kind: 'docker', container: name, ...addresses(ports) } as const;
  const data = volume === undefined ? 'temporary data' : `data in the volume ${volume}`;
  return {
    handle,
    describe: `${image} as the Docker container ${name} on port ${ports.amqp} (${data})`,
    ours: true,
    ended: new Promise(() => undefined),
    ctl: (args) => runCtl(handle, args),
    stop,
    kill: async () => {
      await docker(['kill', name]);
    },
    restart: async () => {
      await stopContainer(name);
      await docker(['start', name]);
      await awaitContainer(container);
    },
  };
}
