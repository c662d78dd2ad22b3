import { flatOut, paced } from '../load/pace.ts';
import { centrifugoRedis } from '../peers/centrifugo.ts';
import { httpAmqp } from '../peers/http-amqp.ts';
import type { Peer } from '../peers/peer.ts';
import { roomcast } from '../peers/roomcast.ts';
import { Crowd, customers } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const UNIT = 'an event';
const PER_SECOND = 200;
const SECONDS = 4;
const QUICK_SECONDS = 2;
/** Node's code is compiled as it should be after some thousand events. */
const WARM_UP = 6_000;
const floor = { of: 'roomcast', against: httpAmqp.name } as const;

export const rooms: Scenario = {
  name: 'rooms',
  does: `1,000 rooms with a customer each, ${PER_SECOND} events a second by HTTP, ${SECONDS} s a turn`,
  warmUp: `${WARM_UP} events flat out, 2 s at the pace`,
  rounds: 7,
  quick: true,
  goals: [
    { figure: `ingest and delivery, µs ${UNIT}`, ...floor, atMost: 1.6, guarded: true },
    { figure: `all, µs ${UNIT}`, of: 'roomcast', against: centrifugoRedis.name, atMost: 1 },
    { figure: 'p50, ms', ...floor, atMost: 1.6 },
    { figure: 'p99, ms', ...floor, atMost: 2.5 },
  ],
  contenders: ({ quick, besides }) =>
    [roomcast(), httpAmqp, ...(quick ? [] : [centrifugoRedis]), ...besides].map((peer) =>
      toOneEach(peer, quick ? [200, QUICK_SECONDS] : [1_000, SECONDS]),
    ),
};

function toOneEach(peer: Peer, [sockets, forSeconds]: readonly [number, number]): ContenderPlan {
  return {
    name: peer.name,
    prepare: async (world) => {
      const subscribers = customers(sockets);
      const crowd = await Crowd.start(peer, world, subscribers);
      const send = (nth: number) => crowd.publish(subscribers[nth % sockets]?.room ?? 'customer_1', 1);
      const seconds = (count: number) => paced(count * PER_SECOND, PER_SECOND, send);
      await flatOut(WARM_UP, 64, send);
      await seconds(2);
      await crowd.heard();
      return {
        turn: async () => {
          const used = await crowd.measure(UNIT, forSeconds * PER_SECOND, () => seconds(forSeconds));
          const services = ['ingest', 'delivery'].map((role) => used[`${role}, µs ${UNIT}`] ?? 0);
          const both = services.reduce((sum, us) => sum + us, 0);
          return {
            ...used,
            ...(both > 0 && { [`ingest and delivery, µs ${UNIT}`]: both }),
            ...(await crowd.latencies()),
          };
        },
        end: () => crowd.end(),
      };
    },
  };
}
