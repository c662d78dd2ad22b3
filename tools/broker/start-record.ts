import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { BrokerError, type BrokerHandle, type OwnBroker } from './broker.ts';
import { orAbort } from './or-abort.ts';
import { isAlive, ownMark } from './processes.ts';
import { isStopping } from './stop-notice.ts';

const POLL_MS = 200;

const markSchema = z.object({ pid: z.int(), started: z.string() });
const recordSchema = z.object({
  owner: markSchema,
  /** In the order in which they have to end; none before they are started. */
  processes: z.array(markSchema),
  /** Absent until it answers. With user and password: the file is its owner's alone. */
  broker: z.custom<BrokerHandle>((value) => typeof value === 'object').optional(),
});

/** What a start of this checkout runs, in a file for other starts to find. */
export type StartRecord = z.infer<typeof recordSchema>;

interface Seeker {
  /** The checkout. */
  readonly root: string;
  readonly say: (sentence: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Of a start that is gone; `stopping`: what it left may be half way through its stop. */
  readonly endLeftBehind: (record: StartRecord, stopping: boolean, say: Seeker['say']) => Promise<void>;
}

/** Makes the file ours (`undefined`), unless a living process holds it: then its broker is shared, once it answers. */
export async function claimOrShare(file: string, seeker: Seeker): Promise<OwnBroker | undefined> {
  for (;;) {
    if (writeRecord(file, { processes: [] }, 'wx')) return undefined;
    const running = await findRunningStart(file, seeker);
    if (running?.broker !== undefined) return sharedBroker(running.broker, running.owner.pid);
  }
}

/**
 * The start that the file tells of, if it runs and stays. One that starts or stops is waited for. What one that is
 * gone left behind is ended first.
 */
export async function findRunningStart(
  file: string,
  { root, say, signal, endLeftBehind }: Seeker,
): Promise<StartRecord | undefined> {
  const said = new Set<string>();
  const sayOnce = (sentence: string) => {
    if (!said.has(sentence)) say(sentence);
    said.add(sentence);
  };
  for (;;) {
    signal?.throwIfAborted();
    const record = readRecord(file);
    const stopping = record !== undefined && isStopping(root, record.owner);
    if (record === undefined || !isAlive(record.owner)) {
      if (record !== undefined) await orAbort(endLeftBehind(record, stopping, sayOnce), signal);
      rmSync(file, { force: true });
      return undefined;
    }
    const { owner, broker } = record;
    if (broker !== undefined && !stopping) return record;
    sayOnce(
      `another npm start (process ${owner.pid}) is ${stopping ? 'stopping' : 'starting'}: waiting for it`,
    );
    await delay(POLL_MS, undefined, { signal });
  }
}

/** `false`: there is a record already, and `wx` was asked for. */
export function writeRecord(file: string, record: Omit<StartRecord, 'owner'>, flag: 'w' | 'wx'): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, JSON.stringify({ owner: ownMark(), ...record }), { flag, mode: 0o600 });
    return true;
  } catch (error) {
    if (flag === 'wx' && existsSync(file)) return false;
    throw error;
  }
}

export function readRecord(file: string): StartRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Another process's stays. */
export function removeRecord(file: string): void {
  if (readRecord(file)?.owner.pid === process.pid) rmSync(file, { force: true });
}

/** Used, and left alone when we stop. */
function sharedBroker(handle: BrokerHandle, ownerPid: number): OwnBroker {
  const refuse = () => Promise.reject(new BrokerError(`The broker belongs to process ${ownerPid}.`));
  return {
    handle,
    describe: `the RabbitMQ of another npm start (process ${ownerPid}) at ${new URL(handle.url).host}; it stops with that one`,
    ours: false,
    ended: new Promise(() => undefined),
    stop: () => Promise.resolve(),
    kill: refuse,
    restart: refuse,
  };
}
