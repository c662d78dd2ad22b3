import { randomUUID } from 'node:crypto';
import {
  BrokerError,
  type BrokerHandle,
  type BrokerOptions,
  type OwnBroker,
} from '../../tools/broker/broker.ts';
import { runCtl } from '../../tools/broker/ctl.ts';
import { findOwnBroker } from '../../tools/broker/find-broker.ts';
import { createVhost, deleteVhost } from '../../tools/broker/management.ts';
import type { BrokerAddress } from '../../tools/broker/ports.ts';

/** How the run's broker reaches the test files: as JSON in the environment of the workers. */
export const BROKER_VARIABLE = 'ROOMCAST_TEST_BROKER';

/** Loaded only where it is used: the library does not run on every Node that roomcast runs on. */
export async function startContainer(image: string, options: BrokerOptions): Promise<OwnBroker> {
  const { startContainerBroker } = await import('./container-broker.ts');
  return startContainerBroker(image, options);
}

export interface TestVhost extends AsyncDisposable {
  readonly name: string;
  /** Leads into the vhost. */
  readonly url: string;
  readonly managementUrl: string;
}

/** An empty vhost on the run's broker, deleted with everything in it when disposed. */
export async function createVhostForTest(broker: BrokerAddress = runBroker()): Promise<TestVhost> {
  const { managementUrl } = broker;
  const name = `test-${randomUUID()}`;
  const url = await createVhost(broker, name);
  return { name, url, managementUrl, [Symbol.asyncDispose]: () => deleteVhost(broker, name) };
}

/** rabbitmqctl on the run's broker, which every test file shares: name your vhost. */
export function brokerCtl(args: readonly string[]): Promise<string> {
  return runCtl(runBroker(), args);
}

/** As `createVhostForTest`, on a cluster: its url names every node. */
export async function createVhostOnNodes(nodes: readonly BrokerAddress[]): Promise<TestVhost> {
  const [first] = nodes;
  if (first === undefined) throw new BrokerError('the cluster has no node');
  const vhost = await createVhostForTest(first);
  const { pathname } = new URL(vhost.url);
  const url = nodes.map((node) => Object.assign(new URL(node.url), { pathname }).href).join(',');
  return { ...vhost, url };
}

export interface TestBroker extends OwnBroker, AsyncDisposable {
  /** Runs rabbitmqctl on it and resolves to what it prints. */
  ctl(args: readonly string[]): Promise<string>;
  /** The broker lets go of every client and stays a running process; `startApp` brings it back. */
  stopApp(): Promise<void>;
  startApp(): Promise<void>;
}

/** A broker for one test to stop, kill and restart, of the same kind as the run's where that is ours. */
export async function startOwnBroker(): Promise<TestBroker> {
  const { kind } = runBroker();
  const env = { ...process.env, ...(kind === 'given' ? {} : { ROOMCAST_BROKER: kind }) };
  const broker = await findOwnBroker({
    lifetime: 'temporary',
    env,
    root: process.cwd(),
    say: () => undefined,
    quiet: true,
    startContainer,
  });
  const ctl = (args: readonly string[]) => runCtl(broker.handle, args);
  return Object.assign(broker, {
    ctl,
    stopApp: async () => {
      await ctl(['stop_app']);
    },
    startApp: async () => {
      await ctl(['start_app']);
    },
    [Symbol.asyncDispose]: () => broker.stop(),
  });
}

export function runBroker(): BrokerHandle {
  const handle = process.env[BROKER_VARIABLE];
  if (handle === undefined) {
    throw new Error(
      'This test file needs a broker and its name says that it does not: see test/support/global-setup.ts.',
    );
  }
  return JSON.parse(handle) as BrokerHandle;
}
