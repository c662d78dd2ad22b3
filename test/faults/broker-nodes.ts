import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awaitBroker } from '../../tools/broker/await-broker.ts';
import { BrokerError } from '../../tools/broker/broker.ts';
import { endInShell, startGuardian, type Guardian } from '../../tools/broker/guardian.ts';
import {
  lastLogLines,
  nodeEnvironment,
  writeNodeFiles,
  type NodePlace,
} from '../../tools/broker/node-files.ts';
import { addresses, choosePorts, type BrokerAddress } from '../../tools/broker/ports.ts';
import { endProcess, markOf, runCommand, type ProcessMark } from '../../tools/broker/processes.ts';
import { rabbitPrograms } from './rabbit.ts';

const START_MS = 120_000;
const STOP_MS = 30_000;
const CTL_MS = 60_000;

/** One private RabbitMQ node that a run breaks; its data outlives a kill, and goes with the run's folder. */
export class BrokerNode {
  #server: ProcessMark | undefined;
  #guardian: Guardian | undefined;

  private constructor(
    readonly name: string,
    private readonly place: NodePlace,
  ) {}

  static async create(
    folder: string,
    index: number,
    { scripts, epmdPort, cookie }: { scripts: string; epmdPort: number; cookie: string },
  ): Promise<BrokerNode> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, '.erlang.cookie'), cookie, { mode: 0o400 });
    const ports = { ...(await choosePorts()), epmd: epmdPort };
    return new BrokerNode(`roomcast${index}@localhost`, { folder, scripts, ports });
  }

  get port(): number {
    return this.place.ports.amqp;
  }

  get address(): BrokerAddress {
    return addresses(this.place.ports);
  }

  get url(): string {
    return this.address.url;
  }

  async start(): Promise<void> {
    const { folder, scripts, ports } = this.place;
    writeNodeFiles(this.place);
    const output = openSync(join(folder, 'log', 'console.log'), 'a');
    const child = spawn(join(scripts, 'rabbitmq-server'), {
      cwd: folder,
      detached: true,
      stdio: ['ignore', output, output],
      env: this.#environment,
    });
    closeSync(output);
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        reject(new BrokerError(`${this.name} ended (${code ?? 'signal'}):\n${lastLogLines(folder)}`));
      });
    });
    failed.catch(() => undefined);
    child.unref();
    this.#server = child.pid === undefined ? undefined : markOf(child.pid);
    if (this.#server !== undefined) this.#guardian = startGuardian(endInShell([this.#server.pid], 1), []);
    await Promise.race([awaitBroker(addresses(ports), { timeoutMs: START_MS }), failed]);
  }

  /** SIGKILL; what the operating system was given stays on disk. */
  kill(): Promise<void> {
    return this.#end(0);
  }

  stop(): Promise<void> {
    return this.#end(STOP_MS);
  }

  ctl(args: readonly string[]): Promise<string> {
    return this.#tool('rabbitmqctl', args);
  }

  queues(args: readonly string[]): Promise<string> {
    return this.#tool('rabbitmq-queues', args);
  }

  async #tool(tool: string, args: readonly string[]): Promise<string> {
    const command = join(this.place.scripts, tool);
    const result = await runCommand(command, args, { timeoutMs: CTL_MS, env: this.#environment });
    if (result.code === 0) return result.stdout;
    const said = result.stderr.trim() || result.stdout.trim();
    throw new BrokerError(`${tool} ${args.join(' ')} on ${this.name}: ${said}`);
  }

  get #environment(): NodeJS.ProcessEnv {
    return { ...nodeEnvironment(this.place), RABBITMQ_NODENAME: this.name };
  }

  async #end(graceMs: number): Promise<void> {
    if (this.#server !== undefined) await endProcess(this.#server, graceMs);
    this.#server = undefined;
    await this.#guardian?.dismiss();
    this.#guardian = undefined;
  }
}

/** The broker of a run: one node, or three that form a cluster. */
export class BrokerNodes {
  private constructor(
    readonly nodes: readonly BrokerNode[],
    private readonly epmd: ProcessMark,
    private readonly guardian: Guardian,
  ) {}

  static async start(folder: string, count: number): Promise<BrokerNodes> {
    const { scripts, epmd: program } = await rabbitPrograms();
    const { epmd: epmdPort } = await choosePorts();
    const child = spawn(program, ['-port', String(epmdPort), '-address', '127.0.0.1'], {
      cwd: folder,
      detached: true,
      stdio: 'ignore',
    });
    child.unref();
    const mark = child.pid === undefined ? undefined : markOf(child.pid);
    if (mark === undefined) throw new BrokerError('epmd did not start.');
    const cookie = randomBytes(24).toString('hex');
    const nodes: BrokerNode[] = [];
    for (let index = 0; index < count; index += 1) {
      nodes.push(await BrokerNode.create(join(folder, `node${index}`), index, { scripts, epmdPort, cookie }));
    }
    const broker = new BrokerNodes(nodes, mark, startGuardian(endInShell([mark.pid], 1), []));
    try {
      for (const node of nodes) await node.start();
      await joinAll(nodes);
    } catch (error) {
      await broker.stop();
      throw error;
    }
    return broker;
  }

  /** Ends every process; the data is the run folder's to remove. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await endProcess(this.epmd, 0);
    await this.guardian.dismiss();
  }
}

async function joinAll([first, ...others]: readonly BrokerNode[]): Promise<void> {
  if (first === undefined) return;
  for (const node of others) {
    await node.ctl(['stop_app']);
    await node.ctl(['reset']);
    await node.ctl(['join_cluster', first.name]);
    await node.ctl(['start_app']);
  }
}
