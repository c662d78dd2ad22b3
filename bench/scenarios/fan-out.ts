import { setTimeout as delay } from 'node:timers/promises';
import { flatOut } from '../load/pace.ts';
import { bareWrite } from '../peers/bare-ws.ts';
import type { Peer } from '../peers/peer.ts';
import { roomcast } from '../peers/roomcast.ts';
import { socketIo } from '../peers/socket-io.ts';
import { colleagues, COLLEAGUES_ROOM, Crowd } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const EVERY_MS = 150;
const UNIT = 'a frame';
const NOBODY = 'customer_8';
/** Without them an event costs ingest more than it does after some minutes of work. */
const WARM_UP = 3_000;

export const fanOut: Scenario = {
  name: 'fan-out',
  does: 'one event to 5,000 sockets, 20 times a turn',
  warmUp: `${WARM_UP} events to a room of nobody flat out, 20 to all`,
  rounds: 7,
  quick: true,
  goals: [
    { figure: `all, µs ${UNIT}`, of: 'roomcast', against: bareWrite.name, atMost: 1.08, guarded: true },
    { figure: `all, µs ${UNIT}`, of: 'roomcast', against: socketIo.name, atMost: 0.55 },
  ],
  contenders: ({ quick, besides }) => {
    const sockets = quick ? 3_000 : 5_000;
    const peers = [roomcast(), bareWrite, ...(quick ? [] : [socketIo]), ...besides];
    return peers.map((peer) => toAll(peer, sockets));
  },
};

function toAll(peer: Peer, sockets: number): ContenderPlan {
  return {
    name: peer.name,
    prepare: async (world) => {
      const crowd = await Crowd.start(peer, world, colleagues(sockets));
      const send = async (events: number) => {
        for (let n = 0; n < events; n += 1) {
          await Promise.all([crowd.publish(COLLEAGUES_ROOM, sockets), delay(EVERY_MS)]);
        }
      };
      await flatOut(WARM_UP, 64, () => crowd.publish(NOBODY, 0));
      await send(20);
      await crowd.heard();
      return {
        turn: () => crowd.measure(UNIT, 20 * sockets, () => send(20)),
        end: () => crowd.end(),
      };
    },
  };
}
