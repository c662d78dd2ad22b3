import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { holdsUnderLimits } from '../support/limits-on-three-nodes.ts';
import type { Place } from '../support/stalled-delivery.ts';
import { ComposeStack } from './compose-stack.ts';

const NODES = ['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'];
/** Wide: a first build fetches its base image and every package. */
const DEADLINE_MS = 900_000;

/** A vhost of its own on the nodes of a stack, beside the one of its services. */
async function placeOn(stack: ComposeStack): Promise<Place> {
  const vhost = `test-${randomUUID()}`;
  const ctl = (args: readonly string[]) =>
    stack.compose(['exec', '-T', 'rabbitmq', 'rabbitmqctl', '--quiet', ...args]);
  await ctl(['add_vhost', vhost]);
  await ctl(['set_permissions', '-p', vhost, 'roomcast', '.*', '.*', '.*']);
  const urls = await Promise.all(NODES.map((node) => stack.brokerUrl(node)));
  const dispose = async () => {
    await ctl(['delete_vhost', vhost]);
  };
  return {
    url: urls.map((url) => `${url}/${vhost}`).join(','),
    vhost,
    ctl,
    limit: async (definition) => {
      const policy = ['limit', '.*', JSON.stringify(definition), '--apply-to', 'queues'];
      await ctl(['set_operator_policy', '-p', vhost, ...policy]);
    },
    [Symbol.asyncDispose]: dispose,
  };
}

describe('the brokers of the cluster profile under a policy of their operator', () => {
  let cluster: Awaited<ReturnType<typeof ComposeStack.start>>;
  beforeAll(async () => {
    cluster = await ComposeStack.start(['cluster']);
  }, DEADLINE_MS);
  afterAll(() => cluster.end(), DEADLINE_MS);

  holdsUnderLimits(() => placeOn(cluster.stack));
});
