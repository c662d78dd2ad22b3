import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerNodes } from '../faults/broker-nodes.ts';
import { createVhostOnNodes, type TestVhost } from './broker.ts';

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
  place(): Promise<TestVhost> {
    return createVhostOnNodes(this.broker.nodes.map(({ address }) => address));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
