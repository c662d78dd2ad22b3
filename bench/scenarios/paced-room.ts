import { paced } from '../load/pace.ts';
import type { Peer } from '../peers/peer.ts';
import { colleagues, COLLEAGUES_ROOM, Crowd } from './crowd.ts';
import type { ContenderPlan } from './scenario.ts';

/** All sockets in one room, and so many events a second. */
export interface PacedRoom {
  readonly sockets: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export const UNIT = 'a frame';

export function pacedRoom(
  peer: Peer,
  { sockets, perSecond, seconds, warmUpSeconds }: PacedRoom,
): ContenderPlan {
  return {
    name: peer.name,
    prepare: async (world) => {
      const crowd = await Crowd.start(peer, world, colleagues(sockets));
      const send = (forSeconds: number) =>
        paced(forSeconds * perSecond, perSecond, () => crowd.publish(COLLEAGUES_ROOM, sockets));
      await send(warmUpSeconds);
      await crowd.heard();
      return {
        turn: async () => ({
          ...(await crowd.measure(UNIT, seconds * perSecond * sockets, () => send(seconds))),
          ...(await crowd.latencies()),
        }),
        end: () => crowd.end(),
      };
    },
  };
}
