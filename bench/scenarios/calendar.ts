import { flatOut, paced } from '../load/pace.ts';
import type { Subscriber } from '../peers/peer.ts';
import { roomcast } from '../peers/roomcast.ts';
import { Crowd, customers } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const UNIT = 'an event';
const PER_SECOND = 200;
const SECONDS = 4;
const QUICK_SECONDS = 2;
const PEOPLE = 1_000;
const WARM_UP = 1_000;
const STAFF = `${PEOPLE} providers`;
const CUSTOMERS = `${PEOPLE} customers`;
const ROOM = 'customer_1000000';
/** In the header of each frame of 126 bytes to 64 KiB, and nowhere in our JSON: `calendar.sync` has no note with a mark. */
const HEADER_BYTE = 0x7e;

export const calendar: Scenario = {
  name: 'calendar',
  does: `${PEOPLE} sessions in the calendar, and as many that are not, ${PER_SECOND} events a second that concern one of them, ${SECONDS} s a turn`,
  warmUp: `${WARM_UP} events flat out, 1 s at the pace`,
  rounds: 7,
  quick: true,
  goals: [{ figure: `delivery, µs ${UNIT}`, of: STAFF, against: CUSTOMERS, atMost: 2.5, guarded: true }],
  contenders: ({ quick }) => {
    const forSeconds = quick ? QUICK_SECONDS : SECONDS;
    return [
      watched(STAFF, providers(PEOPLE), PEOPLE + 1, forSeconds),
      watched(CUSTOMERS, customers(PEOPLE), 1, forSeconds),
    ];
  },
};

/** `frames`: what all sockets together get of one event. */
function watched(
  name: string,
  people: readonly Subscriber[],
  frames: number,
  forSeconds: number,
): ContenderPlan {
  return {
    name,
    prepare: async (world) => {
      const [concerned] = customers(1, 1_000_000);
      const everybody = [...people, ...(concerned === undefined ? [] : [concerned])];
      const crowd = await Crowd.start(roomcast(), world, everybody, HEADER_BYTE);
      const send = () => crowd.publish(ROOM, frames);
      const seconds = (count: number) => paced(count * PER_SECOND, PER_SECOND, send);
      await flatOut(WARM_UP, 8, send);
      await seconds(1);
      await crowd.heard();
      return {
        turn: () => crowd.measure(UNIT, forSeconds * PER_SECOND, () => seconds(forSeconds)),
        end: () => crowd.end(),
      };
    },
  };
}

function providers(count: number): readonly Subscriber[] {
  return Array.from({ length: count }, (_, n) => ({
    person: { role: 'provider', id: 1_001 + n },
    room: 'calendar',
  }));
}
