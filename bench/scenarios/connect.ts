import { setTimeout as delay } from 'node:timers/promises';
import { Swarm } from '../load/swarm.ts';
import { loadClock, roleClocks } from '../measure/processor.ts';
import { bareWs } from '../peers/bare-ws.ts';
import { centrifugo } from '../peers/centrifugo.ts';
import type { Peer } from '../peers/peer.ts';
import { roomcast } from '../peers/roomcast.ts';
import { customers } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const UNIT = 'a connect';
const AT_ONCE = 200;
/** For the server to have done with those that left. */
const SETTLE_MS = 1_500;
const figure = 's until the last is connected';

export const connecting: Scenario = {
  name: 'connect',
  does: '10,000 users with a room each connect, 200 handshakes under way, and leave again',
  warmUp: 'one such round',
  rounds: 5,
  quick: true,
  goals: [
    { figure, of: 'roomcast', against: bareWs.name, atMost: 1.8 },
    { figure, of: 'roomcast', against: centrifugo.name, atMost: 1.3 },
    { figure: `all, µs ${UNIT}`, of: 'roomcast', against: bareWs.name, atMost: 1.8 },
  ],
  contenders: ({ quick, besides }) =>
    [roomcast(), bareWs, ...(quick ? [] : [centrifugo]), ...besides].map((peer) =>
      comingAndGoing(peer, quick ? 2_000 : 10_000),
    ),
};

function comingAndGoing(peer: Peer, count: number): ContenderPlan {
  return {
    name: peer.name,
    prepare: async (world) => {
      const running = await peer.start(world);
      const targets = customers(count).map((subscriber) => running.target(subscriber));
      const swarm = Swarm.start();
      const turn = async () => {
        const clocks = roleClocks(running.pids, UNIT);
        const load = loadClock(swarm.listeners.pids);
        const seconds = await swarm.connect(targets, AT_ONCE);
        const used = { ...clocks(count), [`load, µs ${UNIT}`]: load() / count };
        await swarm.disconnect();
        await delay(SETTLE_MS);
        return { [figure]: seconds, ...used };
      };
      await turn();
      return {
        turn,
        end: async () => {
          await swarm.stop();
          await running.stop();
        },
      };
    },
  };
}
