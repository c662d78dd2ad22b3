import { randomUUID } from 'node:crypto';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { STATISTICS } from '../../tools/broker/node-files.ts';
import { awaitBroker } from '../../tools/broker/await-broker.ts';
import { BrokerError, type BrokerOptions, type OwnBroker } from '../../tools/broker/broker.ts';
import { startGuardian } from '../../tools/broker/guardian.ts';
import { addresses, choosePorts } from '../../tools/broker/ports.ts';
import { withProgress } from '../../tools/broker/progress.ts';

const RUN_LABEL = 'roomcast.test-broker';
const START_MS = 120_000;
const STOP_GRACE_MS = 15_000;

/** Publishes on the loopback only: the image's own user and password are known to everybody. */
class LoopbackContainer extends GenericContainer {
  protected override beforeContainerCreated(): Promise<void> {
    const bindings = Object.values(this.hostConfig.PortBindings as Record<string, { HostIp?: string }[]>);
    for (const binding of bindings.flat()) binding.HostIp = '127.0.0.1';
    return Promise.resolve();
  }
}

/** RabbitMQ by Testcontainers, on ports that stay the same over a restart. */
export async function startContainerBroker(
  image: string,
  { quiet, signal }: BrokerOptions,
): Promise<OwnBroker> {
  // The guardian below cleans up after a killed run, without a helper container that holds the engine's socket.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  const ports = await choosePorts();
  const address = addresses(ports);
  const untilReady = () => awaitBroker(address, { timeoutMs: START_MS, signal });
  const run = randomUUID();
  const guardian = startGuardian(`docker rm -fv $(docker ps -aq --filter "label=${RUN_LABEL}=$1")`, [run]);
  const start = async () => {
    const container = await new LoopbackContainer(image)
      // The data belongs to the node's name, and that contains the host's.
      .withHostname('roomcast')
      .withLabels({ [RUN_LABEL]: run })
      .withCopyContentToContainer([
        { content: STATISTICS, target: '/etc/rabbitmq/conf.d/30-statistics.conf' },
      ])
      .withExposedPorts({ container: 5672, host: ports.amqp }, { container: 15_672, host: ports.management })
      .withWaitStrategy(Wait.forLogMessage('Server startup complete'))
      .withStartupTimeout(START_MS)
      .start();
    try {
      await untilReady();
      return container;
    } catch (error) {
      await container.stop({ removeVolumes: true });
      throw error;
    }
  };
  const container = await withProgress('starting RabbitMQ', start, { quiet }).catch(
    async (cause: unknown) => {
      await guardian.dismiss();
      throw new BrokerError(`Testcontainers could not start ${image}: ${String(cause)}`, { cause });
    },
  );
  const id = container.getId();
  return {
    handle: { kind: 'docker', container: id, ...address },
    describe: `${image} by Testcontainers on port ${ports.amqp} (temporary data)`,
    ours: true,
    ended: new Promise(() => undefined),
    stop: async () => {
      await container.stop({ timeout: STOP_GRACE_MS, removeVolumes: true });
      await guardian.dismiss();
    },
    kill: async () => {
      const { container: containers } = await getContainerRuntimeClient();
      await containers.getById(id).kill();
    },
    restart: async () => {
      await container.restart({ timeout: STOP_GRACE_MS });
      await untilReady();
    },
  };
}
