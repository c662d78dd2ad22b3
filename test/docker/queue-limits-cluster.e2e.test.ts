import { afterAll, beforeAll, describe } from '@jest/globals';
import type { BrokerAddress } from '../../tools/broker/ports.ts';
import { createVhostOnNodes } from '../support/broker.ts';
import { holdsUnderLimits } from '../support/limits-on-three-nodes.ts';
import { ComposeStack } from './compose-stack.ts';

const NODES = ['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'];
/** Wide: a first build fetches its base image and every package. */
const DEADLINE_MS = 900_000;

describe('the brokers of the cluster profile under a policy of their operator', () => {
  let cluster: Awaited<ReturnType<typeof ComposeStack.start>>;
  let nodes: readonly BrokerAddress[];
  beforeAll(async () => {
    cluster = await ComposeStack.start(['cluster']);
    nodes = await Promise.all(NODES.map((node) => cluster.stack.brokerAddress(node)));
  }, DEADLINE_MS);
  afterAll(() => cluster.end(), DEADLINE_MS);

  holdsUnderLimits(() => createVhostOnNodes(nodes));
});
