import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerHandle } from '../../../tools/broker/broker.ts';
import { endLeftBehind } from '../../../tools/broker/private-node.ts';
import { isAlive, markOf, type ProcessMark } from '../../../tools/broker/processes.ts';
import { claimOrShare, type StartRecord } from '../../../tools/broker/start-record.ts';
import { announceStop, isStopping } from '../../../tools/broker/stop-notice.ts';

const broker: BrokerHandle = { kind: 'given', url: 'amqp://there', managementUrl: 'http://there' };
const running: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A checkout whose broker folder is `.data/rabbitmq`. */
function checkout() {
  const root = mkdtempSync(join(tmpdir(), 'roomcast-claim-'));
  folders.push(root);
  const file = join(root, '.data', 'rabbitmq', 'node.json');
  const said: string[] = [];
  const heard = new Map<string, () => void>();
  const say = (sentence: string) => {
    said.push(sentence);
    for (const [words, resolve] of heard) if (sentence.includes(words)) resolve();
  };
  return {
    root,
    said,
    untilSaid: (words: string) => new Promise<void>((resolve) => heard.set(words, resolve)),
    claim: (signal?: AbortSignal) => claimOrShare(file, { root, say, signal, endLeftBehind }),
    record: (record: StartRecord) => writeFileSync(file, JSON.stringify(record)),
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

function noticeOf(root: string, { pid, started }: ProcessMark): string {
  return join(root, '.data', `stopping-${pid}-${started.replaceAll(/\W+/g, '-')}`);
}

describe('the record of a private node', () => {
  it('whose owner runs a node: that node is shared', async () => {
    const { claim, record } = checkout();
    await claim();
    record({ owner: await another(), processes: [], broker });
    expect(await claim()).toMatchObject({ ours: false, handle: broker });
  });

  it('whose owner has announced its stop is waited for, not shared', async () => {
    const { root, claim, record, untilSaid } = checkout();
    await claim();
    const owner = await another();
    record({ owner, processes: [], broker });
    writeFileSync(noticeOf(root, owner), '');
    const waiting = untilSaid(`another npm start (process ${owner.pid}) is stopping: waiting for it`);
    const claimed = claim();
    await waiting;
    process.kill(owner.pid, 'SIGKILL');
    expect(await claimed).toBeUndefined();
  });

  it('whose owner is gone while the node still stops: the next start says so and waits until the node is gone', async () => {
    const { root, claim, record, said } = checkout();
    await claim();
    const slow = "process.on('SIGTERM', () => setTimeout(process.exit, 700)); setInterval(() => {}, 1000);";
    const node = await another(`${slow} console.log(1)`);
    const owner = { pid: node.pid, started: 'long ago' };
    record({ owner, processes: [node], broker });
    writeFileSync(noticeOf(root, owner), '');
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

describe('the notice of a stop', () => {
  it('holds for this very process, and goes with the next stop', async () => {
    const { root } = checkout();
    const us = markOf(process.pid);
    const other = await another();
    if (us === undefined) throw new Error('no mark');
    mkdirSync(join(root, '.data'));
    expect(isStopping(root, us)).toBe(false);
    announceStop(root);
    expect([isStopping(root, us), isStopping(root, other)]).toEqual([true, false]);
    expect(isStopping(root, { ...us, started: '0' })).toBe(false);
    const gone = noticeOf(root, { pid: 2 ** 22 + 1, started: '1' });
    writeFileSync(gone, '');
    announceStop(root);
    expect(existsSync(gone)).toBe(false);
    expect(isStopping(root, us)).toBe(true);
  });
});
