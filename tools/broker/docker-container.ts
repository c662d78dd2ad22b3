import { setTimeout as delay } from 'node:timers/promises';
import { awaitBroker } from './await-broker.ts';
import { BrokerError, type Lifetime } from './broker.ts';
import { docker } from './docker-engine.ts';
import { startGuardian, type Guardian } from './guardian.ts';
import { addresses, choosePorts, type Ports } from './ports.ts';
import { markOf, type ProcessMark } from './processes.ts';

const START_TIMEOUT_MS = 120_000;
const STOP_GRACE_S = 15;
const WATCH_MS = 1_000;
const MAX_TRIES = 3;
const OWNER_LABEL = 'roomcast.owner';

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports: Ports;
  /** Holds the data of a kept broker; a temporary one has an anonymous volume, removed with it. */
  readonly volume: string | undefined;
}

/** Who started a container and where it answers, as its label says. */
export interface ContainerOwner {
  readonly owner: ProcessMark;
  readonly ports: Ports;
}

export async function runContainer(
  wanted: Omit<Container, 'ports'>,
  portsFile: string | undefined,
): Promise<Container> {
  for (let tries = 1; ; tries += 1) {
    const container = { ...wanted, ports: await choosePorts(portsFile) };
    try {
      await docker(runArguments(container));
      return container;
    } catch (error) {
      const portTaken = isComplaint(error, /port is already allocated|address already in use/);
      if (!portTaken || tries === MAX_TRIES) throw error;
      await removeOurs(container.name, 'temporary');
    }
  }
}

function runArguments({ name, image, ports, volume }: Container): readonly string[] {
  const owner = markOf(process.pid) ?? { pid: process.pid, started: '' };
  const label = JSON.stringify({ owner, ports } satisfies ContainerOwner);
  return [
    ...['run', '--detach', '--pull', 'never', '--name', name],
    // The data belongs to the node's name, and that contains the host's.
    ...['--hostname', 'roomcast'],
    ...['--label', `${OWNER_LABEL}=${label}`, '--label', processLabel()],
    ...['--publish', `127.0.0.1:${ports.amqp}:5672`, '--publish', `127.0.0.1:${ports.management}:15672`],
    ...(volume === undefined ? [] : ['--volume', `${volume}:/var/lib/rabbitmq`]),
    image,
  ];
}

/** Rejects with the container's own words if it ends before it answers. */
export async function awaitContainer({ name, ports }: Container, signal?: AbortSignal): Promise<void> {
  const enough = new AbortController();
  try {
    const answers = awaitBroker(addresses(ports), { timeoutMs: START_TIMEOUT_MS, signal });
    await Promise.race([answers, rejectWhenEnded(name, enough.signal)]);
  } finally {
    enough.abort();
  }
}

async function rejectWhenEnded(name: string, enough: AbortSignal): Promise<void> {
  for (;;) {
    await delay(WATCH_MS, undefined, { signal: enough }).catch(() => undefined);
    if (enough.aborted) return;
    const state = await docker(['inspect', '--format', '{{.State.Status}}', name]);
    if (state === 'running') continue;
    throw new BrokerError(`the container ended: ${await docker(['logs', '--tail', '8', name])}`);
  }
}

/** Whose the container of this name is; `undefined` if there is none. */
export async function ownerOf(name: string): Promise<ContainerOwner | undefined> {
  const format = `{{index .Config.Labels "${OWNER_LABEL}"}}`;
  const label = await docker(['inspect', '--format', format, name]).catch(() => undefined);
  if (label === undefined) return undefined;
  if (!label.startsWith('{')) throw new BrokerError(`a container ${name} is in the way that we did not make`);
  return JSON.parse(label) as ContainerOwner;
}

export async function stopContainer(name: string): Promise<void> {
  await docker(['stop', '-t', String(STOP_GRACE_S), name]);
}

export async function removeContainer(name: string, lifetime: Lifetime): Promise<void> {
  // Gone already is as good as removed.
  if (lifetime === 'kept') await stopContainer(name).catch(() => undefined);
  await docker(['rm', '-fv', name]).catch(() => undefined);
}

/** Under the same name there may be another process's container, which stays. */
export async function removeOurs(name: string, lifetime: Lifetime): Promise<void> {
  const filters = ['--filter', `label=${processLabel()}`, '--filter', `name=^/?${name}$`];
  const [id] = (await docker(['ps', '-aq', ...filters])).split('\n');
  if (id !== undefined && id !== '') await removeContainer(id, lifetime);
}

export function guardContainers(lifetime: Lifetime): Guardian {
  const end =
    lifetime === 'kept' ? `docker stop -t ${STOP_GRACE_S} $ids; docker rm $ids` : 'docker rm -fv $ids';
  return startGuardian(`ids=$(docker ps -aq --filter "label=$1"); ${end}`, [processLabel()]);
}

export function isComplaint(error: unknown, pattern: RegExp): boolean {
  return error instanceof BrokerError && pattern.test(error.message);
}

function processLabel(): string {
  return `roomcast.process=${process.pid}-${markOf(process.pid)?.started ?? ''}`;
}
