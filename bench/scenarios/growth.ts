import { setTimeout as delay } from 'node:timers/promises';
import { flatOut } from '../load/pace.ts';
import { roomcast } from '../peers/roomcast.ts';
import { Crowd, customers } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const UNIT = 'an event';
const ROOMS = 100;
const WARM_UP = 5_000;
const EVENTS = 5_000;
const AT_ONCE = 64;
/** Past the look back of those who have just come. */
const SETTLE_MS = 35_000;
const [few, more, many] = [1_000, 5_000, 10_000];
const nameOf = (idle: number) => `${idle} idle`;

export const growth: Scenario = {
  name: 'growth',
  does: `${EVENTS} events flat out to ${ROOMS} rooms, beside so many sessions in other rooms`,
  warmUp: `${SETTLE_MS / 1_000} s after the last has come, ${WARM_UP} events`,
  rounds: 7,
  quick: false,
  goals: [more, many].map((idle) => ({
    figure: `delivery, µs ${UNIT}`,
    of: nameOf(idle),
    against: nameOf(few),
    atMost: 1.05,
  })),
  contenders: () => [few, more, many].map(beside),
};

function beside(idle: number): ContenderPlan {
  return {
    name: nameOf(idle),
    prepare: async (world) => {
      const concerned = customers(ROOMS, 1_000_000);
      const crowd = await Crowd.start(roomcast(), world, [...concerned, ...customers(idle)]);
      const send = (nth: number) => crowd.publish(concerned[nth % ROOMS]?.room ?? 'customer_1000000', 1);
      await delay(SETTLE_MS);
      await flatOut(WARM_UP, AT_ONCE, send);
      await crowd.heard();
      return {
        turn: () => crowd.measure(UNIT, EVENTS, () => flatOut(EVENTS, AT_ONCE, send)),
        end: () => crowd.end(),
      };
    },
  };
}
