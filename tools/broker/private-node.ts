import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Attempt, BrokerOptions, OwnBroker } from './broker.ts';
import { runCtl } from './ctl.ts';
import { findExecutables, findRabbitScripts } from './executables.ts';
import { claimFolder } from './node-claim.ts';
import { NodeProcess } from './node-process.ts';
import { addresses, areFree, choosePorts } from './ports.ts';
import { withProgress } from './progress.ts';
import { sharedBroker } from './shared-broker.ts';

const MAX_TRIES = 3;

/** RabbitMQ as a process of ours, with data, ports, cookie and port mapper that no system RabbitMQ shares. */
export async function tryPrivateNode(options: BrokerOptions): Promise<Attempt> {
  const scripts = findRabbitScripts();
  if (scripts === undefined) return { passedOver: 'there is no rabbitmq-server on the PATH' };
  const [epmd] = findExecutables('epmd');
  if (epmd === undefined)
    return { passedOver: 'rabbitmq-server is there, but Erlang and its epmd are not on the PATH' };
  const { lifetime, root, say, signal } = options;
  if (lifetime === 'temporary') {
    const folder = mkdtempSync(join(tmpdir(), 'roomcast-broker-'));
    return { broker: await start({ folder, scripts, epmd }, options) };
  }
  const folder = join(root, '.data', 'rabbitmq');
  const claim = await claimFolder(folder, { root, scripts, say, signal });
  if (!claim.ours) {
    const { owner, scripts: theirs, ports } = claim.record;
    const handle = { kind: 'local', folder, scripts: theirs, ports, ...addresses(ports) } as const;
    return { broker: sharedBroker(handle, owner.pid) };
  }
  return { broker: await start({ folder, scripts, epmd }, options) };
}

async function start(
  place: { folder: string; scripts: string; epmd: string },
  { lifetime, root, quiet, signal }: BrokerOptions,
): Promise<OwnBroker> {
  const portsFile = lifetime === 'kept' ? join(place.folder, 'ports.json') : undefined;
  for (let tries = 1; ; tries += 1) {
    const node = new NodeProcess({ ...place, ports: await choosePorts(portsFile) }, lifetime);
    try {
      await withProgress('starting RabbitMQ', () => node.start(signal), { quiet });
      return brokerOf(node, lifetime === 'kept' ? relative(root, place.folder) : undefined);
    } catch (error) {
      // Its guardian ends it once we are gone, and the next start waits for it.
      if (lifetime === 'kept' && signal?.aborted === true) throw error;
      await node.end();
      const taken = !(await areFree(Object.values(node.place.ports)));
      // Somebody took a port between our look and the node's start; other ports are as good.
      if (taken && tries < MAX_TRIES && signal?.aborted !== true) continue;
      await node.stop();
      throw error;
    }
  }
}

function brokerOf(node: NodeProcess, kept: string | undefined): OwnBroker {
  const { place } = node;
  const handle = { kind: 'local', ...place, ...addresses(place.ports) } as const;
  const data = kept === undefined ? 'temporary data' : `data in ${kept}`;
  return {
    handle,
    describe: `RabbitMQ as a private node on port ${place.ports.amqp} (${data})`,
    ours: true,
    ended: node.ended,
    ctl: (args) => runCtl(handle, args),
    stop: () => node.stop(),
    kill: () => node.kill(),
    restart: () => node.restart(),
  };
}
