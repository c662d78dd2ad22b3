import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';

/** The broker's nodes that an instance is connected to. */
export class Nodes {
  constructor(private readonly connections: readonly BrokerConnection[]) {}

  /** An alarm holds up every node, and ends by itself. */
  get areBlocked(): boolean {
    return this.connections.some(({ state }) => state.state === 'blocked');
  }

  /** A node may keep its connections and not do its work; which of the two is at fault cannot be told. */
  leave(reason: string): void {
    if (this.areBlocked) return;
    for (const connection of this.connections) connection.restart(reason);
  }
}
