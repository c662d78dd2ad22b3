import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimFolder, type NodeRecord } from '../../../tools/broker/node-claim.ts';
import { isAlive, markOf, type ProcessMark } from '../../../tools/broker/processes.ts';
import { announceStop, isStaying, isStopping } from '../../../tools/broker/stop-notice.ts';

const ports = { amqp: 1, management: 2, distribution: 3, epmd: 4 };
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
  const folder = join(root, '.data', 'rabbitmq');
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
    claim: (signal?: AbortSignal) => claimFolder(folder, { root, scripts: '/here', say, signal }),
    record: (record: NodeRecord) => writeFileSync(join(folder, 'node.json'), JSON.stringify(record)),
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

describe('the folder of a private node', () => {
  it('whose owner runs a node: that node is shared', async () => {
    const { claim, record } = checkout();
    await claim();
    record({ owner: await another(), scripts: '/there', processes: [], ports });
    expect(await claim()).toMatchObject({ ours: false, record: { scripts: '/there', ports } });
  });

  it('whose owner has announced its stop is waited for, not shared', async () => {
    const { root, claim, record, untilSaid } = checkout();
    await claim();
    const owner = await another();
    record({ owner, scripts: '/there', processes: [], ports });
    writeFileSync(noticeOf(root, owner), '');
    const waiting = untilSaid(`another npm start (process ${owner.pid}) is stopping: waiting for it`);
    const claimed = claim();
    await waiting;
    process.kill(owner.pid, 'SIGKILL');
    expect(await claimed).toEqual({ ours: true });
  });

  it('whose owner is gone while the node still stops: the next start says so and waits until the node is gone', async () => {
    const { root, claim, record, said } = checkout();
    await claim();
    const slow = "process.on('SIGTERM', () => setTimeout(process.exit, 700)); setInterval(() => {}, 1000);";
    const node = await another(`${slow} console.log(1)`);
    const owner = { pid: node.pid, started: 'long ago' };
    record({ owner, scripts: '/there', processes: [node], ports });
    writeFileSync(noticeOf(root, owner), '');
    expect(await claim()).toEqual({ ours: true });
    expect(isAlive(node)).toBe(false);
    expect(said).toEqual([
      `the broker of the last npm start is still stopping (process ${node.pid}): waiting for it`,
    ]);
  });

  it('whose owner was killed while the node started: what it started is ended first', async () => {
    const { claim, record, said } = checkout();
    await claim();
    const node = await another();
    record({ owner: { pid: node.pid, started: 'long ago' }, scripts: '/there', processes: [node] });
    expect(await claim()).toEqual({ ours: true });
    expect(isAlive(node)).toBe(false);
    expect(said).toEqual([expect.stringMatching(/was killed and left its broker running/)]);
  });

  it('gives up the wait at once when the start is stopped', async () => {
    const { claim, record, untilSaid } = checkout();
    await claim();
    record({ owner: await another(), scripts: '/there', processes: [] });
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
    expect(isStaying(root, us)).toBe(true);
    announceStop(root);
    expect([isStopping(root, us), isStaying(root, us), isStaying(root, other)]).toEqual([true, false, true]);
    expect(isStopping(root, { ...us, started: '0' })).toBe(false);
    const gone = noticeOf(root, { pid: 2 ** 22 + 1, started: '1' });
    writeFileSync(gone, '');
    announceStop(root);
    expect(existsSync(gone)).toBe(false);
    expect(isStopping(root, us)).toBe(true);
  });
});
