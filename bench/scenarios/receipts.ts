import { setTimeout as delay } from 'node:timers/promises';
import { flatOut, paced } from '../load/pace.ts';
import type { Subscriber } from '../peers/peer.ts';
import { roomcast } from '../peers/roomcast.ts';
import { colleagues, COLLEAGUES_ROOM, Crowd, customers } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const UNIT = 'a frame';
const NOBODY = 'customer_1000000';
const WARM_UP = 1_000;

/** An event of staff is told to nobody by name: no receipts, and no question but the heartbeat's. */
const STAFF = { sockets: 5_000, quickSockets: 3_000, events: 20, everyMs: 150 };
/** Each event is one person's, on both devices: a receipt `written`, a question and its answer on each, a receipt `delivered`. */
const PEOPLE = { count: 1_000, devices: 2, perSecond: 200, seconds: 4 };

export const receipts: Scenario = {
  name: 'receipts',
  does: `with receipts and without: an event to ${STAFF.sockets} sockets of staff, ${STAFF.events} times a turn; and ${PEOPLE.perSecond} events a second for ${PEOPLE.seconds} s, each to one of ${PEOPLE.count} people on ${PEOPLE.devices} devices`,
  warmUp: `${WARM_UP} events to a room of nobody flat out, then a turn`,
  rounds: 7,
  quick: false,
  goals: [
    // Nothing is published: what the broker and ingest do is the same, and differs by more from turn to turn than this goal allows.
    { figure: `delivery, µs ${UNIT}`, of: 'staff', against: 'staff, no receipts', atMost: 1.03 },
    { figure: `all, µs ${UNIT}`, of: 'people', against: 'people, no receipts', atMost: 1.1 },
  ],
  contenders: ({ quick }) => [toStaff, toPeople].flatMap((plan) => [plan('on', quick), plan('off', quick)]),
};

type Receipts = 'on' | 'off';

function peer(name: string, setting: Receipts) {
  return roomcast({
    name: setting === 'on' ? name : `${name}, no receipts`,
    env: { RECEIPTS: setting },
  });
}

function toStaff(setting: Receipts, quick: boolean): ContenderPlan {
  const sockets = quick ? STAFF.quickSockets : STAFF.sockets;
  const send = async (crowd: Crowd) => {
    for (let n = 0; n < STAFF.events; n += 1) {
      await Promise.all([crowd.publish(COLLEAGUES_ROOM, sockets), delay(STAFF.everyMs)]);
      // Two that wait for a busy delivery go in one write, which costs a frame half as much.
      await crowd.heard();
    }
  };
  return planOf('staff', setting, colleagues(sockets), STAFF.events * sockets, send);
}

function toPeople(setting: Receipts): ContenderPlan {
  const { count, devices, perSecond, seconds } = PEOPLE;
  const people = customers(count).flatMap((one) => Array.from({ length: devices }, () => one));
  let next = 0;
  const send = (crowd: Crowd) =>
    paced(perSecond * seconds, perSecond, () => {
      next = (next % count) + 1;
      return crowd.publish(`customer_${next}`, devices);
    });
  return planOf('people', setting, people, perSecond * seconds * devices, send);
}

function planOf(
  name: string,
  setting: Receipts,
  subscribers: readonly Subscriber[],
  frames: number,
  send: (crowd: Crowd) => Promise<void>,
): ContenderPlan {
  const running = peer(name, setting);
  return {
    name: running.name,
    prepare: async (world) => {
      const crowd = await Crowd.start(running, world, subscribers);
      await flatOut(WARM_UP, 64, () => crowd.publish(NOBODY, 0));
      await send(crowd);
      await crowd.heard();
      return {
        turn: () => crowd.measure(UNIT, frames, () => send(crowd)),
        end: () => crowd.end(),
      };
    },
  };
}
