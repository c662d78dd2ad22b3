import { setTimeout as delay } from 'node:timers/promises';
import { pingingWs } from '../peers/bare-ws.ts';
import type { Peer } from '../peers/peer.ts';
import { roomcast } from '../peers/roomcast.ts';
import { Crowd, customers } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const SESSIONS = 10_000;
const UNIT = 'a second';
const figure = `services, ms ${UNIT}`;
/** A whole round of pings. */
const SECONDS = 25;
/** Past the look back of those who have just come. */
const SETTLE_MS = 35_000;

export const idle: Scenario = {
  name: 'idle',
  does: `${SESSIONS} customers and no events but pings, ${SECONDS} s a turn`,
  warmUp: `${SETTLE_MS / 1_000} s after the last has come`,
  rounds: 3,
  quick: false,
  goals: [{ figure, of: 'roomcast', atMost: 8 }],
  contenders: ({ besides }) => [roomcast(), pingingWs, ...besides].map(quiet),
};

function quiet(peer: Peer): ContenderPlan {
  return {
    name: peer.name,
    prepare: async (world) => {
      const crowd = await Crowd.start(peer, world, customers(SESSIONS));
      await delay(SETTLE_MS);
      return {
        turn: async () => {
          const used = await crowd.measure(UNIT, SECONDS, () => delay(SECONDS * 1_000));
          const ms = (role: string) => (used[`${role}, µs ${UNIT}`] ?? 0) / 1_000;
          if (peer === pingingWs) return { [figure]: ms('server') };
          return {
            [figure]: ms('ingest') + ms('delivery'),
            [`ingest, ms ${UNIT}`]: ms('ingest'),
            [`delivery, ms ${UNIT}`]: ms('delivery'),
            [`broker, ms ${UNIT}`]: ms('broker'),
          };
        },
        end: () => crowd.end(),
      };
    },
  };
}
