import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attempt, BrokerOptions, OwnBroker } from './broker.ts';
import { findExecutables, findRabbitScripts } from './executables.ts';
import { NodeProcess, STOP_GRACE_MS } from './node-process.ts';
import { areFree, choosePorts } from './ports.ts';
import { endProcess, isAlive } from './processes.ts';
import { withProgress } from './progress.ts';
import { claimOrShare, type StartRecord } from './start-record.ts';

const MAX_TRIES = 3;

/** RabbitMQ as a process of ours, with data, ports, cookie and port mapper that no system RabbitMQ shares. */
export async function tryPrivateNode(options: BrokerOptions): Promise<Attempt> {
  const scripts = findRabbitScripts();
  if (scripts === undefined) return { passedOver: 'there is no rabbitmq-server on the PATH' };
  const [epmd] = findExecutables('epmd');
  if (epmd === undefined)
    return { passedOver: 'rabbitmq-server is there, but Erlang and its epmd are not on the PATH' };
  if (options.lifetime === 'temporary') {
    const folder = mkdtempSync(join(tmpdir(), 'roomcast-broker-'));
    return { broker: await start({ folder, scripts, epmd }, options) };
  }
  const folder = join(options.root, '.data', 'rabbitmq');
  const recordFile = join(folder, 'node.json');
  const shared = await claimOrShare(recordFile, { ...options, endLeftBehind });
  return { broker: shared ?? (await start({ folder, scripts, epmd, recordFile }, options)) };
}

async function start(
  place: { folder: string; scripts: string; epmd: string; recordFile?: string },
  { quiet, signal }: BrokerOptions,
): Promise<OwnBroker> {
  const kept = place.recordFile !== undefined;
  const portsFile = kept ? join(place.folder, 'ports.json') : undefined;
  for (let tries = 1; ; tries += 1) {
    const node = new NodeProcess({ ...place, ports: await choosePorts(portsFile) });
    try {
      await withProgress('starting RabbitMQ', () => node.start(signal), { quiet });
      return node;
    } catch (error) {
      // Its guardian ends it once we are gone, and the next start waits for it.
      if (kept && signal?.aborted === true) throw error;
      await node.end();
      const taken = !(await areFree(Object.values(node.handle.ports)));
      // Somebody took a port between our look and the node's start; other ports are as good.
      if (taken && tries < MAX_TRIES && signal?.aborted !== true) continue;
      await node.stop();
      throw error;
    }
  }
}

export async function endLeftBehind(
  { processes, stopping }: StartRecord,
  say: (sentence: string) => void,
): Promise<void> {
  const left = processes.filter((mark) => isAlive(mark));
  const [first] = left;
  if (first === undefined) return;
  say(
    stopping
      ? `the broker of the last npm start is still stopping (process ${first.pid}): waiting for it`
      : `an earlier start was killed and left its broker running (process ${first.pid}): stopping that first`,
  );
  for (const mark of left) await endProcess(mark, STOP_GRACE_MS);
}
