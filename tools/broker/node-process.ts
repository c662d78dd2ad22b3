import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { awaitBroker } from './await-broker.ts';
import { BrokerError, type Lifetime } from './broker.ts';
import { endInShell, startGuardian, type Guardian } from './guardian.ts';
import { recordNode, releaseFolder } from './node-claim.ts';
import { lastLogLines, nodeEnvironment, writeNodeFiles, type NodePlace } from './node-files.ts';
import { addresses } from './ports.ts';
import { endProcess, endOf, isAlive, markOf, runCommand, type ProcessMark } from './processes.ts';

const START_TIMEOUT_MS = 120_000;
const STOP_GRACE_MS = 20_000;
const EPMD_START_MS = 10_000;
const EPMD_GRACE_MS = 2_000;
const POLL_MS = 20;

/**
 * The processes of one private node: the Erlang machine and the port mapper that it would otherwise start as a
 * daemon and leave behind. Both get sessions of their own, so that Ctrl-C reaches them through us and after
 * the services; a guardian ends them when we are killed.
 */
export class NodeProcess {
  readonly ended: Promise<string>;
  #end: (sentence: string) => void = () => undefined;
  #epmd: ProcessMark | undefined;
  #server: ProcessMark | undefined;
  #guardian: Guardian | undefined;
  /** Settles when the server process of the last start is gone. */
  #serverExit: Promise<string> = Promise.resolve('it was not started');
  #ending = false;

  constructor(
    readonly place: NodePlace & { readonly epmd: string },
    private readonly lifetime: Lifetime,
  ) {
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  async start(signal?: AbortSignal): Promise<void> {
    const { folder, scripts, ports } = this.place;
    this.#ending = false;
    if (existsSync(join(folder, 'log'))) {
      rmSync(join(folder, 'log.previous'), { recursive: true, force: true });
      renameSync(join(folder, 'log'), join(folder, 'log.previous'));
    }
    writeNodeFiles(this.place);
    await this.#startEpmd();
    this.#startServer();
    await this.#guard();
    if (this.lifetime === 'kept') recordNode(folder, { scripts, processes: this.#leftBehind() });
    const failed = this.#serverExit.then((how) => {
      throw new BrokerError(
        `RabbitMQ did not start: ${how}. Its log says:\n${lastLogLines(folder)}\n${this.#hint()}`,
      );
    });
    failed.catch(() => undefined);
    await Promise.race([awaitBroker(addresses(ports), { timeoutMs: START_TIMEOUT_MS, signal }), failed]);
    if (this.lifetime === 'kept') recordNode(folder, { scripts, processes: this.#leftBehind(), ports });
  }

  async stop(): Promise<void> {
    await this.end();
    if (this.lifetime === 'kept') releaseFolder(this.place.folder);
    else rmSync(this.place.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Ends the processes and leaves the folder as it is. */
  async end(): Promise<void> {
    this.#ending = true;
    // Data that nobody keeps needs no orderly end, and that takes seconds.
    if (this.#server !== undefined)
      await endProcess(this.#server, this.lifetime === 'kept' ? STOP_GRACE_MS : 0);
    if (this.#epmd !== undefined) await endProcess(this.#epmd, EPMD_GRACE_MS);
    await this.#endOtherEpmd();
    await this.#guardian?.dismiss();
    this.#guardian = undefined;
  }

  async kill(): Promise<void> {
    this.#ending = true;
    if (this.#server !== undefined) await endProcess(this.#server, 0);
  }

  async restart(): Promise<void> {
    this.#ending = true;
    if (this.#server !== undefined) await endProcess(this.#server, STOP_GRACE_MS);
    await this.start();
  }

  async #startEpmd(): Promise<void> {
    if (this.#epmd !== undefined && isAlive(this.#epmd)) return;
    const { epmd, ports, folder } = this.place;
    const child = spawn(epmd, ['-port', String(ports.epmd), '-address', '127.0.0.1'], {
      cwd: folder,
      detached: true,
      stdio: 'ignore',
      env: nodeEnvironment(this.place),
    });
    const gone = endOf(child, 'exit');
    child.unref();
    this.#epmd = child.pid === undefined ? undefined : markOf(child.pid);
    // Before it listens, the server would start a daemon of its own in its place.
    const answers = untilAccepts(ports.epmd);
    const failed = gone.then((how) => Promise.reject(new BrokerError(`epmd did not start: ${how}`)));
    failed.catch(() => undefined);
    await Promise.race([answers, failed]);
  }

  #startServer(): void {
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
    this.#server = child.pid === undefined ? undefined : markOf(child.pid);
    this.#serverExit = endOf(child, 'exit');
    void this.#serverExit.then((how) => {
      if (!this.#ending) this.#end(`RabbitMQ ended by itself: ${how}. Its log is in ${join(folder, 'log')}.`);
    });
  }

  /** RabbitMQ replaces a port mapper that died, by a daemon that would outlive everybody. */
  async #endOtherEpmd(): Promise<void> {
    const { epmd, ports } = this.place;
    if (!(await accepts(ports.epmd))) return;
    await runCommand(epmd, ['-port', String(ports.epmd), '-kill'], { timeoutMs: EPMD_GRACE_MS });
  }

  async #guard(): Promise<void> {
    await this.#guardian?.dismiss();
    const { folder, epmd, ports } = this.place;
    const kept = this.lifetime === 'kept';
    const pids = this.#processes().map(({ pid }) => pid);
    const steps = [
      endInShell(pids, kept ? STOP_GRACE_MS / 1000 : 0),
      `"$1" -port ${ports.epmd} -kill`,
      ...(kept ? [] : ['rm -rf "$2"']),
    ];
    this.#guardian = startGuardian(steps.join('; '), [epmd, folder]);
  }

  /** What outlives us for a while if we are killed; the guardian ends the others and so comes last. */
  #leftBehind(): readonly ProcessMark[] {
    const guardian = this.#guardian?.mark;
    return guardian === undefined ? this.#processes() : [...this.#processes(), guardian];
  }

  /** In the order in which they have to end. */
  #processes(): readonly ProcessMark[] {
    return [this.#server, this.#epmd].filter((mark) => mark !== undefined);
  }

  #hint(): string {
    return this.lifetime === 'kept'
      ? `If the data is of another RabbitMQ version or damaged, remove ${this.place.folder} to start afresh.`
      : '';
  }
}

async function untilAccepts(port: number): Promise<void> {
  const deadlineMs = Date.now() + EPMD_START_MS;
  while (!(await accepts(port))) {
    if (Date.now() > deadlineMs) throw new BrokerError(`epmd does not listen on port ${port}.`);
    await delay(POLL_MS);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
