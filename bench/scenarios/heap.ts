import { setTimeout as delay } from 'node:timers/promises';
import { Swarm } from '../load/swarm.ts';
import { ANSWERS_HEAP, heapBytesOf } from '../measure/heap.ts';
import { bareWs } from '../peers/bare-ws.ts';
import type { Peer } from '../peers/peer.ts';
import { roomcast } from '../peers/roomcast.ts';
import { customers } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const SESSIONS = 5_000;
const AT_ONCE = 200;
const SETTLE_MS = 3_000;
const figure = 'heap, bytes a session';

export const heap: Scenario = {
  name: 'heap',
  does: `${SESSIONS} customers with a room each connect; heap after garbage collection, less that before they came`,
  warmUp: '500 others that have left',
  rounds: 3,
  quick: false,
  goals: [{ figure, of: 'roomcast', against: bareWs.name, atMost: 1.2 }],
  contenders: ({ besides }) =>
    [
      { peer: roomcast(), role: 'delivery' },
      { peer: bareWs, role: 'server' },
      ...besides.map((peer) => ({ peer, role: 'delivery' })),
    ].map(({ peer, role }) => filled(peer, role)),
};

function filled(peer: Peer, role: string): ContenderPlan {
  return {
    name: peer.name,
    prepare: async (world) => {
      const running = await peer.start({
        broker: () => world.broker(),
        brokerPids: () => world.brokerPids(),
        folder: world.folder,
        cache: world.cache,
        nodeOptions: ANSWERS_HEAP,
      });
      const [pid = 0] = running.pids[role] ?? [];
      const swarm = Swarm.start();
      const come = (count: number, firstId: number) =>
        swarm.connect(
          customers(count, firstId).map((each) => running.target(each)),
          AT_ONCE,
        );
      const leave = async () => {
        await swarm.disconnect();
        await delay(SETTLE_MS);
      };
      await come(500, 1_000_000);
      await leave();
      const before = await heapBytesOf(pid);
      return {
        turn: async () => {
          await come(SESSIONS, 1);
          await delay(SETTLE_MS);
          const bytes = await heapBytesOf(pid);
          await leave();
          return { [figure]: (bytes - before) / SESSIONS };
        },
        end: async () => {
          await swarm.stop();
          await running.stop();
        },
      };
    },
  };
}
