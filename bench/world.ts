import { mkdirSync, rmSync } from 'node:fs';
import { findOwnBroker } from '../tools/broker/find-broker.ts';
import type { OwnBroker } from '../tools/broker/broker.ts';
import { callManagement } from '../tools/broker/management.ts';
import { z } from 'zod';
import { docker } from '../tools/broker/docker-engine.ts';
import { processesOf } from './measure/processor.ts';
import type { World } from './peers/peer.ts';

const Overview = z.object({ rabbitmq_version: z.string() });

export interface WorldOptions {
  readonly folder: string;
  readonly cache: string;
  readonly say: (text: string) => void;
}

/** The broker that all peers share which need one, and their folders. */
export class BenchWorld implements World {
  readonly folder: string;
  readonly cache: string;
  #broker: Promise<OwnBroker> | undefined;
  #pids: readonly number[] = [];

  constructor(private readonly options: WorldOptions) {
    this.folder = options.folder;
    this.cache = options.cache;
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
  }

  broker(): Promise<OwnBroker> {
    const { say } = this.options;
    this.#broker ??= findOwnBroker({ lifetime: 'temporary', env: process.env, root: process.cwd(), say });
    return this.#broker;
  }

  /** Releases of RabbitMQ and Node, without what changes no figure. */
  async platform(): Promise<string> {
    const { handle } = await this.broker();
    const { rabbitmq_version: version } = Overview.parse(
      await callManagement(handle.managementUrl, 'GET', '/api/overview'),
    );
    const [major, minor] = version.split('.');
    return `RabbitMQ ${major}.${minor}, Node ${process.versions.node.split('.')[0]}`;
  }

  async brokerPids(): Promise<readonly number[]> {
    const { handle } = await this.broker();
    if (this.#pids.length > 0) return this.#pids;
    if (handle.kind === 'docker') {
      this.#pids = [Number(await docker(['inspect', '-f', '{{.State.Pid}}', handle.container]))];
    } else if (handle.kind === 'local') this.#pids = processesOf('beam.smp', handle.folder);
    return this.#pids;
  }

  /** Those that are not below this process. */
  get pidsElsewhere(): readonly number[] {
    return this.#pids;
  }

  async stop(): Promise<void> {
    await (await this.#broker)?.stop();
  }
}
