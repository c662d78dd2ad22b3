import { centrifugo } from '../peers/centrifugo.ts';
import { nchan } from '../peers/nchan.ts';
import { roomcast } from '../peers/roomcast.ts';
import { pacedRoom, UNIT } from './paced-room.ts';
import type { Scenario } from './scenario.ts';

const load = { sockets: 500, perSecond: 100, seconds: 4, warmUpSeconds: 10 };

export const calmRoom: Scenario = {
  name: 'calm-room',
  does: `${load.sockets} sockets in one room, ${load.perSecond} events a second one by one, ${load.seconds} s a turn`,
  warmUp: `${load.warmUpSeconds} s of it`,
  rounds: 7,
  quick: false,
  goals: [
    { figure: `all, µs ${UNIT}`, of: 'roomcast', against: centrifugo.name, atMost: 1.1 },
    { figure: 'p99, ms', of: 'roomcast', against: centrifugo.name, atMost: 1.2 },
  ],
  contenders: ({ besides }) =>
    [roomcast(), centrifugo, nchan, ...besides].map((peer) => pacedRoom(peer, load)),
};
