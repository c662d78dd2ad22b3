import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { BrokerError, type BrokerHandle, type OwnBroker } from './broker.ts';
import { orAbort } from './or-abort.ts';
import { isAlive, ownMark } from './processes.ts';

const POLL_MS = 200;

const markSchema = z.object({ pid: z.int(), started: z.string() });
const recordSchema = z.object({
  owner: markSchema,
  /** It stops and takes its broker along, so that none shares that any more. */
  stopping: z.boolean(),
  /** In the order in which they have to end; none before they are started. */
  processes: z.array(markSchema),
  /** Absent until it answers. With user and password: the file is its owner's alone. */
  broker: z.custom<BrokerHandle>((value) => typeof value === 'object').optional(),
});

/** What a start of this checkout runs, in a file for other starts to find. */
export type StartRecord = z.infer<typeof recordSchema>;
type Contents = Omit<StartRecord, 'owner' | 'stopping'>;

/** The files that tell of this process. */
const ours = new Map<string, Contents>();
let stopping = false;

interface Seeker {
  readonly say: (sentence: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Of a start that is gone; if it was stopping, what it left may be half way through that. */
  readonly endLeftBehind: (record: StartRecord, say: Seeker['say']) => Promise<void>;
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
  { say, signal, endLeftBehind }: Seeker,
): Promise<StartRecord | undefined> {
  const said = new Set<string>();
  const sayOnce = (sentence: string) => {
    if (!said.has(sentence)) say(sentence);
    said.add(sentence);
  };
  for (;;) {
    signal?.throwIfAborted();
    const record = readRecord(file);
    if (record === undefined || !isAlive(record.owner)) {
      if (record !== undefined) await orAbort(endLeftBehind(record, sayOnce), signal);
      rmSync(file, { force: true });
      return undefined;
    }
    if (record.broker !== undefined && !record.stopping) return record;
    const doing = record.stopping ? 'stopping' : 'starting';
    sayOnce(`another npm start (process ${record.owner.pid}) is ${doing}: waiting for it`);
    await delay(POLL_MS, undefined, { signal });
  }
}

/** `false`: there is a record already, and `wx` was asked for. */
export function writeRecord(file: string, contents: Contents, flag: 'w' | 'wx'): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const record: StartRecord = { owner: ownMark(), stopping, ...contents };
  // Nobody may read a half of one that takes the place of another.
  const target = flag === 'w' ? `${file}.new` : file;
  try {
    writeFileSync(target, JSON.stringify(record), { flag, mode: 0o600 });
  } catch (error) {
    if (flag === 'wx' && existsSync(file)) return false;
    throw error;
  }
  if (flag === 'w') renameSync(target, file);
  ours.set(file, contents);
  return true;
}

export function isOurs(file: string): boolean {
  return ours.has(file);
}

/** In every record of this process, also in those that it has yet to write. */
export function announceStop(): void {
  stopping = true;
  try {
    for (const [file, contents] of ours) writeRecord(file, contents, 'w');
  } catch {
    // Where nothing can be written, there is no broker of ours to be shared either.
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
  if (ours.delete(file)) rmSync(file, { force: true });
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
