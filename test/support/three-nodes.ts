import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerError } from '../../tools/broker/broker.ts';
import { BrokerNodes } from '../faults/broker-nodes.ts';
import type { Place } from './stalled-delivery.ts';

/** A cluster of three private RabbitMQ nodes, for the tests of one file. */
export class ThreeNodes implements AsyncDisposable {
  private constructor(
    private readonly broker: BrokerNodes,
    private readonly folder: string,
  ) {}

  static async start(): Promise<ThreeNodes> {
    const folder = mkdtempSync(join(tmpdir(), 'roomcast-three-nodes-'));
    return new ThreeNodes(await BrokerNodes.start(folder, 3), folder);
  }

  /** A vhost of its own. */
  async place(): Promise<Place> {
    const name = `test-${randomUUID()}`;
    const ctl = (args: readonly string[]) => this.#ctl(args);
    await ctl(['add_vhost', name]);
    await ctl(['set_permissions', '-p', name, 'guest', '.*', '.*', '.*']);
    const dispose = async () => {
      await ctl(['delete_vhost', name]);
    };
    const limit = async (definition: object) => {
      const policy = ['limit', '.*', JSON.stringify(definition), '--apply-to', 'queues'];
      await ctl(['set_operator_policy', '-p', name, ...policy]);
    };
    const url = this.broker.nodes.map((node) => `${node.url}/${name}`).join(',');
    return { url, vhost: name, ctl, limit, [Symbol.asyncDispose]: dispose };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #ctl(args: readonly string[]): Promise<string> {
    const [first] = this.broker.nodes;
    if (first === undefined) throw new BrokerError('the cluster has no node');
    return first.ctl(args);
  }
}
