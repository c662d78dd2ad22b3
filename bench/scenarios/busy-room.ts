import { writeATick } from '../peers/bare-ws.ts';
import { centrifugo } from '../peers/centrifugo.ts';
import { roomcast } from '../peers/roomcast.ts';
import { pacedRoom, UNIT } from './paced-room.ts';
import type { Scenario } from './scenario.ts';

const load = { sockets: 500, perSecond: 1_000, seconds: 3, warmUpSeconds: 3 };

export const busyRoom: Scenario = {
  name: 'busy-room',
  does: `${load.sockets} sockets in one room, ${load.perSecond} events a second one by one, ${load.seconds} s a turn`,
  warmUp: `${load.warmUpSeconds} s of it`,
  rounds: 7,
  quick: false,
  goals: [
    { figure: `all, µs ${UNIT}`, of: 'roomcast', against: writeATick.name, atMost: 1.2 },
    { figure: `all, µs ${UNIT}`, of: 'roomcast', against: centrifugo.name, atMost: 0.2 },
  ],
  contenders: ({ besides }) =>
    [roomcast(), writeATick, centrifugo, ...besides].map((peer) => pacedRoom(peer, load)),
};
