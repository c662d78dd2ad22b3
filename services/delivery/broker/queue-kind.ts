import type { QueueKind } from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { Cluster } from '../../../shared/broker/cluster.ts';

/** From here on a broker keeps the exclusive queues of a node that is down. */
const FIRST_THAT_KEEPS = 4;

/**
 * What the own queue has to be. A node of a cluster that goes must not take the queue along; a single node may, and an
 * exclusive queue costs no write to disk. Before RabbitMQ 4 the queues of a node that is down go with it, and a quorum
 * queue is the worse choice: 3.10 loses the member of one that is a few seconds old when its node is killed, and every
 * publish bound for it waits for good.
 */
export function ownQueueKind(inCluster: boolean, brokerVersion: string | undefined): QueueKind {
  return inCluster && !(Number.parseInt(brokerVersion ?? '', 10) < FIRST_THAT_KEEPS) ? 'quorum' : 'exclusive';
}

export async function kindOfOwnQueue(
  cluster: Pick<Cluster, 'detect'>,
  connection: BrokerConnection,
): Promise<QueueKind> {
  return ownQueueKind(await cluster.detect(), connection.model?.connection.serverProperties.version);
}
