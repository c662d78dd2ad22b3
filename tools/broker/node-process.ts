import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { awaitBroker } from './await-broker.ts';
import { BrokerError, type BrokerHandle, type OwnBroker } from './broker.ts';
import { endInShell, startGuardian, type Guardian } from './guardian.ts';
import { lastLogLines, nodeEnvironment, writeNodeFiles, type NodePlace } from './node-files.ts';
import { addresses } from './ports.ts';
import { endProcess, endOf, isAlive, markOf, runCommand, type ProcessMark } from './processes.ts';
import { removeRecord, writeRecord } from './start-record.ts';

export const STOP_GRACE_MS = 20_000;
const START_TIMEOUT_MS = 120_000;
const EPMD_START_MS = 10_000;
const EPMD_GRACE_MS = 2_000;
const POLL_MS = 20;

interface OwnPlace extends NodePlace {
  readonly epmd: string;
  /** Of a kept node: tells other starts what runs on the folder. */
  readonly recordFile?: string;
}

/**
 * The processes of one private node: the Erlang machine and the port mapper that it would otherwise start as a
 * daemon and leave behind. Both get sessions of their own, so that Ctrl-C reaches them through us and after
 * the services; a guardian ends them when we are killed.
 */
export class NodeProcess implements OwnBroker {
  readonly handle: Extract<BrokerHandle, { kind: 'local' }>;
  readonly describe: string;
  readonly ours = true;
  readonly ended: Promise<string>;
  readonly #kept: boolean;
  #end: (sentence: string) => void = () => undefined;
  #epmd: ProcessMark | undefined;
  #server: ProcessMark | undefined;
  #guardian: Guardian | undefined;
  #ending = false;

  constructor(private readonly place: OwnPlace) {
    const { folder, scripts, ports, recordFile } = place;
    this.#kept = recordFile !== undefined;
    this.handle = { kind: 'local', folder, scripts, ports, ...addresses(ports) };
    const data = this.#kept ? 'data in .data/rabbitmq' : 'temporary data';
    this.describe = `RabbitMQ as a private node on port ${ports.amqp} (${data})`;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  async start(signal?: AbortSignal): Promise<void> {
    const { folder } = this.place;
    const log = join(folder, 'log');
    this.#ending = false;
    if (existsSync(log)) {
      rmSync(`${log}.previous`, { recursive: true, force: true });
      renameSync(log, `${log}.previous`);
    }
    writeNodeFiles(this.place);
    await this.#startEpmd();
    const exit = this.#startServer();
    await this.#guard();
    this.#record();
    const failed = exit.then((how) => {
      const hint = this.#kept
        ? `If the data is of another RabbitMQ version or damaged, remove ${folder} to start afresh.`
        : '';
      throw new BrokerError(
        `RabbitMQ did not start: ${how}. Its log says:\n${lastLogLines(folder)}\n${hint}`,
      );
    });
    await Promise.race([awaitBroker(this.handle, { timeoutMs: START_TIMEOUT_MS, signal }), failed]);
    this.#record(this.handle);
  }

  async stop(): Promise<void> {
    await this.end();
    if (this.place.recordFile !== undefined) removeRecord(this.place.recordFile);
    else rmSync(this.place.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Ends the processes and leaves the folder as it is. */
  async end(): Promise<void> {
    // Data that nobody keeps needs no orderly end, and that takes seconds.
    await this.#endServer(this.#kept ? STOP_GRACE_MS : 0);
    if (this.#epmd !== undefined) await endProcess(this.#epmd, EPMD_GRACE_MS);
    // RabbitMQ replaces a port mapper that died, by a daemon that would outlive everybody.
    await this.#callEpmd('-kill');
    await this.#guardian?.dismiss();
    this.#guardian = undefined;
  }

  kill(): Promise<void> {
    return this.#endServer(0);
  }

  async restart(): Promise<void> {
    await this.#endServer(STOP_GRACE_MS);
    await this.start();
  }

  async #endServer(graceMs: number): Promise<void> {
    this.#ending = true;
    if (this.#server !== undefined) await endProcess(this.#server, graceMs);
  }

  /** Resolves once it answers: before that, the server would start a daemon of its own in its place. */
  async #startEpmd(): Promise<void> {
    if (this.#epmd !== undefined && isAlive(this.#epmd)) return;
    const { epmd, ports, folder } = this.place;
    const child = spawn(epmd, ['-port', String(ports.epmd), '-address', '127.0.0.1'], {
      cwd: folder,
      detached: true,
      stdio: 'ignore',
      env: nodeEnvironment(this.place),
    });
    let how: string | undefined;
    void endOf(child, 'exit').then((end) => (how = end));
    child.unref();
    this.#epmd = markOf(child.pid);
    const deadlineMs = Date.now() + EPMD_START_MS;
    while (!(await this.#callEpmd('-names'))) {
      if (how !== undefined) throw new BrokerError(`epmd did not start: ${how}`);
      if (Date.now() > deadlineMs) throw new BrokerError(`epmd does not listen on port ${ports.epmd}.`);
      await delay(POLL_MS);
    }
  }

  /** Whether an epmd answered on our port. */
  async #callEpmd(request: '-names' | '-kill'): Promise<boolean> {
    const { epmd, ports } = this.place;
    const args = ['-port', String(ports.epmd), request];
    return (await runCommand(epmd, args, { timeoutMs: EPMD_GRACE_MS })).code === 0;
  }

  /** Resolves when it ends. */
  #startServer(): Promise<string> {
    const { scripts, folder } = this.place;
    const output = openSync(join(folder, 'log', 'console.log'), 'a');
    const child = spawn(join(scripts, 'rabbitmq-server'), {
      cwd: folder,
      detached: true,
      stdio: ['ignore', output, output],
      env: nodeEnvironment(this.place),
    });
    closeSync(output);
    child.unref();
    this.#server = markOf(child.pid);
    const exit = endOf(child, 'exit');
    void exit.then((how) => {
      if (!this.#ending) this.#end(`RabbitMQ ended by itself: ${how}. Its log is in ${join(folder, 'log')}.`);
    });
    return exit;
  }

  async #guard(): Promise<void> {
    await this.#guardian?.dismiss();
    const { folder, epmd, ports } = this.place;
    const pids = this.#processes().map(({ pid }) => pid);
    const steps = [
      endInShell(pids, this.#kept ? STOP_GRACE_MS / 1000 : 0),
      `"$1" -port ${ports.epmd} -kill`,
      ...(this.#kept ? [] : ['rm -rf "$2"']),
    ];
    this.#guardian = startGuardian(steps.join('; '), [epmd, folder]);
  }

  /** What outlives us for a while if we are killed; the guardian ends the others and so comes last. */
  #record(broker?: BrokerHandle): void {
    const { recordFile } = this.place;
    if (recordFile === undefined) return;
    const guardian = this.#guardian?.mark;
    const processes = [...this.#processes(), ...(guardian === undefined ? [] : [guardian])];
    writeRecord(recordFile, { processes, broker }, 'w');
  }

  /** In the order in which they have to end. */
  #processes(): readonly ProcessMark[] {
    return [this.#server, this.#epmd].filter((mark) => mark !== undefined);
  }
}
