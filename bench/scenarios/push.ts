import { setTimeout as delay } from 'node:timers/promises';
import type { PushService } from '../../tools/push-service/push-service.ts';
import { paced } from '../load/pace.ts';
import { quantileOf } from '../measure/statistics.ts';
import { SleepingPhones } from '../peers/sleeping-phones.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const PER_SECOND = 10;
const SECONDS = 20;
const PHONES = PER_SECOND * SECONDS;
const SLOW_MS = 5_000;
/** Their number is that of the push services that misbehave: in quiet these are good as well, so that the load is the same. */
const troubles: readonly ((service: PushService) => void)[] = [
  (slow) => (slow.respond = () => delay(SLOW_MS, { status: 201 })),
  (dead) => (dead.respond = () => 'silence'),
  (refusing) => (refusing.respond = () => ({ status: 403 })),
];
const figure = 'p99 beyond the wait, ms';

export const push: Scenario = {
  name: 'push',
  does: `${PER_SECOND} events a second for ${SECONDS} s to phones of each of four push services, each to another phone; the first one's are measured, from the post to ingest to the push, less the 2.5 s that push waits for somebody to read the event. Disturbed: another takes ${SLOW_MS / 1_000} s for each answer, another never answers, another refuses all`,
  warmUp: 'a turn in which all are good',
  rounds: 3,
  quick: false,
  goals: [{ figure, of: 'disturbed', against: 'quiet', atMost: 2 }],
  contenders: () => [planOf('quiet', []), planOf('disturbed', troubles)],
};

function planOf(name: string, disturb: typeof troubles): ContenderPlan {
  return {
    name,
    prepare: async (world) => {
      const phones = await SleepingPhones.start(world, { services: 1 + troubles.length, phonesEach: PHONES });
      const turn = async () => {
        const ms: number[] = [];
        await paced(PHONES, PER_SECOND, async (nth) => void ms.push(await phones.wake(nth)));
        return { 'p50 beyond the wait, ms': quantileOf(ms, 0.5), [figure]: quantileOf(ms, 0.99) };
      };
      await turn();
      for (const [at, act] of disturb.entries()) {
        const service = phones.services[at + 1];
        if (service !== undefined) act(service);
      }
      return { turn, end: () => phones.end() };
    },
  };
}
