import { setTimeout as delay } from 'node:timers/promises';
import type { LoadEvent } from '../load/load-event.ts';
import { flatOut } from '../load/pace.ts';
import { cpuClock } from '../measure/processor.ts';
import type { Peer, Subscriber, World } from '../peers/peer.ts';
import { RunningRoomcast } from '../peers/roomcast.ts';
import { Crowd, customers } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const UNIT = 'an event';
const CUSTOMERS = 500;
const WARM_UP = 3_000;
const EVENTS = 3_000;
const AT_ONCE = 64;
const QUIET_SECONDS = 10;
const ONE = 'one of each';

export const instances: Scenario = {
  name: 'instances',
  does: `${EVENTS} events flat out to ${CUSTOMERS} customers and staff in calendar, who are spread over the deliveries; then ${QUIET_SECONDS} s of nothing`,
  warmUp: `${WARM_UP} events`,
  rounds: 5,
  quick: false,
  goals: [],
  contenders: () => [
    several({ name: ONE, beside: 0, deliveries: 1, ingests: 1 }),
    several({ name: 'two deliveries', beside: 1, deliveries: 2, ingests: 1 }),
    several({ name: 'two ingests', beside: 1, deliveries: 1, ingests: 2 }),
  ],
};

interface Several {
  readonly name: string;
  /** Pairs that run beside the first. */
  readonly beside: number;
  /** Those that have sessions, and those that are given events. */
  readonly deliveries: number;
  readonly ingests: number;
}

function several(options: Several): ContenderPlan {
  return {
    name: options.name,
    prepare: async (world) => {
      // One member of staff on each, so that all of them are sent every event.
      const staff: Subscriber[] = Array.from({ length: options.deliveries }, (_, n) => ({
        person: { role: 'provider', id: 1_000_000 + n },
        room: 'calendar',
      }));
      const subscribers = [...staff, ...customers(CUSTOMERS)];
      const crowd = await Crowd.start(peerOf(options), world, subscribers);
      const send = (nth: number) => crowd.publish(`customer_${1 + (nth % CUSTOMERS)}`, 1);
      await flatOut(WARM_UP, AT_ONCE, send);
      await crowd.heard();
      return {
        turn: async () => {
          const startedMs = performance.now();
          const used = await crowd.measure(UNIT, EVENTS, () => flatOut(EVENTS, AT_ONCE, send));
          const perSecond = (EVENTS / (performance.now() - startedMs)) * 1_000;
          const broker = cpuClock(crowd.peer.pids['broker'] ?? []);
          await delay(QUIET_SECONDS * 1_000);
          return {
            ...used,
            'events a second': perSecond,
            'broker with nothing to do, ms a second': broker() / QUIET_SECONDS / 1_000,
          };
        },
        end: () => crowd.end(),
      };
    },
  };
}

function peerOf({ name, beside, deliveries, ingests }: Several): Peer {
  return {
    name,
    start: async (world: World) => {
      const first = await RunningRoomcast.start(world);
      const pairs = [first];
      for (let n = 0; n < beside; n += 1)
        pairs.push(await RunningRoomcast.start(world, { amqpUrl: first.amqpUrl }));
      const nth = (from: number, among: number) => pairs[from % among] ?? first;
      let published = 0;
      return {
        pids: {
          ...first.pids,
          ...(beside > 0 && {
            'other ingest': pairs.slice(1).flatMap(({ pids }) => pids.ingest),
            'other delivery': pairs.slice(1).flatMap(({ pids }) => pids.delivery),
          }),
        },
        target: (subscriber: Subscriber) => nth(subscriber.person.id, deliveries).target(subscriber),
        publish: (event: LoadEvent) => nth((published += 1), ingests).publish(event),
        stop: async () => {
          await Promise.all(pairs.map((pair) => pair.stop()));
        },
      };
    },
  };
}
