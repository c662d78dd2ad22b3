import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { z } from 'zod';
import type { BrokerAddress } from '../../tools/broker/ports.ts';
import { deliveryQueueOf, HISTORY } from '../../shared/contract/topology.ts';
import { findingsIn } from '../faults/checker.ts';
import type { Fact } from '../faults/ledger.ts';
import { createVhostOnNodes } from '../support/broker.ts';
import { holdsUnderLimits } from '../support/limits-on-three-nodes.ts';
import { scaledMs } from '../support/time.ts';
import { ComposeStack } from './compose-stack.ts';
import { Traffic } from './traffic.ts';

const NODES = ['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'];
const EVENTS_PER_SECOND = 20;
/** Wide, for a busy machine: it tells a fail-over of seconds from a node that everybody waits for. */
const FAIL_OVER_MS = scaledMs(30_000);
const POLL_MS = 500;
const HANG_UP_EVERY_MS = 50;
const IN_SYNC_MS = scaledMs(60_000);
/** Wide: a first build fetches its base image and every package. */
const DEADLINE_MS = 900_000;

const Queues = z.array(z.object({ name: z.string(), leader: z.string() }));

interface OwnQueue {
  /** Compose services: the node that the queue is on, and the instance that it belongs to. */
  readonly node: string;
  readonly websocket: string;
}

/** The node that leads each queue. */
async function leaders(stack: ComposeStack): Promise<ReadonlyMap<string, string>> {
  const ctl = ['exec', '-T', 'rabbitmq', 'rabbitmqctl', '--quiet', '--formatter=json'];
  const listed = await stack.compose([...ctl, 'list_queues', 'name', 'leader']);
  const queues = Queues.parse(JSON.parse(listed));
  return new Map(queues.map(({ name, leader }) => [name, leader.split('@')[1] ?? leader]));
}

async function leaderOfHistory(stack: ComposeStack): Promise<string> {
  const node = (await leaders(stack)).get(HISTORY);
  if (node === undefined) throw new Error('the history has no leader');
  return node;
}

/** The queue of a running instance. */
async function ownQueue(stack: ComposeStack): Promise<OwnQueue> {
  const running = (await stack.containers()).filter(({ State }) => State === 'running');
  const listed = await leaders(stack);
  for (const [name, node] of listed) {
    const owner = running.find(({ ID }) => name.startsWith(deliveryQueueOf(ID)));
    if (owner !== undefined) return { node, websocket: owner.Service };
  }
  throw new Error(`no websocket instance has a queue: ${[...listed.keys()].join(', ')}`);
}

/** Whatever was killed runs again, and each node may go without taking a majority along. */
async function recover(stack: ComposeStack): Promise<void> {
  await stack.compose(['up', '--detach', '--wait', '--no-build', '--no-recreate']);
  const check = ['rabbitmq-diagnostics', '--quiet', 'check_if_node_is_quorum_critical'];
  const deadlineMs = performance.now() + IN_SYNC_MS;
  for (const node of NODES) {
    while (!(await succeeds(stack.compose(['exec', '-T', node, ...check])))) {
      if (performance.now() > deadlineMs) throw new Error(`the others are not in sync with ${node}`);
      await delay(POLL_MS);
    }
  }
}

function succeeds(command: Promise<string>): Promise<boolean> {
  return command.then(
    () => true,
    () => false,
  );
}

function timeToAccept({ firstTriedMs = 0, acceptedMs = Number.POSITIVE_INFINITY }: Fact): number {
  return acceptedMs - firstTriedMs;
}

/**
 * Kills what is named, under load and while phones come and go; resolves to the times until everybody has a new event,
 * and to accept one at most.
 */
async function kill(stack: ComposeStack, traffic: Traffic, victims: readonly string[]) {
  const fromMs = performance.now();
  const settle = traffic.comeAndGo(HANG_UP_EVERY_MS);
  try {
    await stack.compose(['kill', ...victims]);
    await traffic.reachesEverybody(`without-${victims.join('-and-')}`);
  } finally {
    settle();
  }
  const toMs = performance.now();
  const sent = traffic.ledger.facts.filter(({ firstTriedMs = 0, acceptedMs }) => {
    return acceptedMs !== undefined && firstTriedMs >= fromMs && firstTriedMs < toMs;
  });
  return {
    victims,
    reachedMs: toMs - fromMs,
    acceptedMs: Math.max(...sent.map(timeToAccept)),
  };
}

/** One for all tests: three brokers take longer to start than they are used by any of them. */
let cluster: Awaited<ReturnType<typeof ComposeStack.start>>;
beforeAll(async () => {
  cluster = await ComposeStack.start(['proxy', 'cluster']);
}, DEADLINE_MS);
afterAll(() => cluster.end(), DEADLINE_MS);

describe('the brokers of the cluster profile under a policy of their operator', () => {
  let nodes: readonly BrokerAddress[];
  beforeAll(async () => {
    nodes = await Promise.all(NODES.map((node) => cluster.stack.brokerAddress(node)));
  }, DEADLINE_MS);

  holdsUnderLimits(() => createVhostOnNodes(nodes));
});

describe('a broker node of three that is killed with the history or the queue of a websocket instance on it', () => {
  it(
    'loses nothing and stops nothing for longer than the fail-over, also when the instance dies with it',
    () => {
      const { stack } = cluster;
      return stack.explained(async () => {
        const traffic = new Traffic(stack, EVENTS_PER_SECOND);
        await traffic.start();
        try {
          await recover(stack);
          const alone = await kill(stack, traffic, [await leaderOfHistory(stack)]);
          await recover(stack);
          const queue = await ownQueue(stack);
          const together = await kill(stack, traffic, [queue.node, queue.websocket]);
          process.stdout.write(`\n${JSON.stringify([alone, together])}\n`);
          for (const { reachedMs, acceptedMs } of [alone, together]) {
            expect(reachedMs).toBeLessThan(FAIL_OVER_MS);
            expect(acceptedMs).toBeLessThan(FAIL_OVER_MS);
          }
          await recover(stack);
          const verdict = await traffic.finish();
          const said = findingsIn(verdict).map(({ client, event, what }) =>
            inspect({
              what,
              fact: event?.fact,
              client: client?.person.name,
              journal: client?.journey.journal,
            }),
          );
          expect([...said, ...verdict.oddities]).toEqual([]);
        } finally {
          await traffic.stop();
        }
      });
    },
    DEADLINE_MS,
  );
});
