import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerHandle } from '../../../tools/broker/broker.ts';
import { endLeftBehind } from '../../../tools/broker/private-node.ts';
import { isAlive, markOf, type ProcessMark } from '../../../tools/broker/processes.ts';
import {
  announceStop,
  claimOrShare,
  removeRecord,
  type StartRecord,
} from '../../../tools/broker/start-record.ts';

const broker: BrokerHandle = { kind: 'given', url: 'amqp://there', managementUrl: 'http://there' };
const running: ChildProcess[] = [];
const roots: string[] = [];
const recordIn = (root: string) => join(root, '.data', 'rabbitmq', 'node.json');

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  for (const root of roots.splice(0)) {
    removeRecord(recordIn(root));
    rmSync(root, { recursive: true });
  }
});

/** A checkout whose broker folder is `.data/rabbitmq`. */
function checkout() {
  const root = mkdtempSync(join(tmpdir(), 'roomcast-claim-'));
  roots.push(root);
  const file = recordIn(root);
  const said: string[] = [];
  const heard = new Map<string, () => void>();
  const say = (sentence: string) => {
    said.push(sentence);
    for (const [words, resolve] of heard) if (sentence.includes(words)) resolve();
  };
  return {
    file,
    said,
    untilSaid: (words: string) => new Promise<void>((resolve) => heard.set(words, resolve)),
    claim: (signal?: AbortSignal) => claimOrShare(file, { say, signal, endLeftBehind }),
    record: (record: Omit<StartRecord, 'stopping'>, stopping = false) =>
      writeFileSync(file, JSON.stringify({ ...record, stopping })),
    read: () => JSON.parse(readFileSync(file, 'utf8')) as StartRecord,
  };
}

/** Another process; `script` is JavaScript. */
async function another(script = 'setInterval(() => {}, 1000); console.log(1)'): Promise<ProcessMark> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  await once(child.stdout, 'data');
  const mark = markOf(child.pid ?? 0);
  if (mark === undefined) throw new Error('it ended');
  return mark;
}

describe('the record of a private node', () => {
  it('whose owner runs a node: that node is shared', async () => {
    const { claim, record } = checkout();
    await claim();
    record({ owner: await another(), processes: [], broker });
    expect(await claim()).toMatchObject({ ours: false, handle: broker });
  });

  it('whose owner has announced its stop is waited for, not shared', async () => {
    const { claim, record, untilSaid } = checkout();
    await claim();
    const owner = await another();
    record({ owner, processes: [], broker }, true);
    const waiting = untilSaid(`another npm start (process ${owner.pid}) is stopping: waiting for it`);
    const claimed = claim();
    await waiting;
    process.kill(owner.pid, 'SIGKILL');
    expect(await claimed).toBeUndefined();
  });

  it('whose owner is gone while the node still stops: the next start says so and waits until the node is gone', async () => {
    const { claim, record, said } = checkout();
    await claim();
    const slow = "process.on('SIGTERM', () => setTimeout(process.exit, 700)); setInterval(() => {}, 1000);";
    const node = await another(`${slow} console.log(1)`);
    const owner = { pid: node.pid, started: 'long ago' };
    record({ owner, processes: [node], broker }, true);
    expect(await claim()).toBeUndefined();
    expect(isAlive(node)).toBe(false);
    expect(said).toEqual([
      `the broker of the last npm start is still stopping (process ${node.pid}): waiting for it`,
    ]);
  });

  it('whose owner was killed while the node started: what it started is ended first', async () => {
    const { claim, record, said } = checkout();
    await claim();
    const node = await another();
    record({ owner: { pid: node.pid, started: 'long ago' }, processes: [node] });
    expect(await claim()).toBeUndefined();
    expect(isAlive(node)).toBe(false);
    expect(said).toEqual([expect.stringMatching(/was killed and left its broker running/)]);
  });

  it('gives up the wait at once when the start is stopped', async () => {
    const { claim, record, untilSaid } = checkout();
    await claim();
    record({ owner: await another(), processes: [] });
    const stop = new AbortController();
    const waiting = untilSaid('is starting: waiting for it');
    const claimed = claim(stop.signal);
    await waiting;
    stop.abort();
    await expect(claimed).rejects.toThrow();
  });
});

describe('a process that announces its stop', () => {
  it("does so in the records that it has, in those it writes later, and in nobody else's", async () => {
    const before = checkout();
    const after = checkout();
    const theirs = checkout();
    await before.claim();
    await theirs.claim();
    removeRecord(theirs.file);
    theirs.record({ owner: await another(), processes: [], broker });
    expect(before.read().stopping).toBe(false);
    announceStop();
    await after.claim();
    const us = markOf(process.pid);
    expect([before.read(), after.read()]).toMatchObject([
      { owner: us, stopping: true },
      { owner: us, stopping: true },
    ]);
    expect(theirs.read().stopping).toBe(false);
    expect(await theirs.claim()).toMatchObject({ handle: broker });
  });
});
