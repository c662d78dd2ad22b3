import { afterAll, beforeAll, describe } from '@jest/globals';
import { brokerObstacle } from '../faults/rabbit.ts';
import { holdsUnderLimits } from '../support/limits-on-three-nodes.ts';
import { skippedFor } from '../support/skipped.ts';
import { ThreeNodes } from '../support/three-nodes.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';

const SLOW_MS = scaledMs(TEST_MS);
const obstacle = brokerObstacle();

(obstacle === undefined ? describe : describe.skip)(
  `three brokers under a policy of their operator${skippedFor(obstacle)}`,
  () => {
    let nodes: ThreeNodes;
    beforeAll(async () => {
      nodes = await ThreeNodes.start();
    }, SLOW_MS);
    afterAll(() => nodes[Symbol.asyncDispose](), SLOW_MS);

    holdsUnderLimits(() => nodes.place());
  },
);
