import { setTimeout as delay } from 'node:timers/promises';
import { fillHistory } from '../fill-history.ts';
import { RunningRoomcast } from '../peers/roomcast.ts';
import { timeToResumed } from '../time-to-resumed.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const [SMALL, LARGE] = [100_000, 1_000_000];
/** Events that passed while the client was away, and how many of them were its own. */
const WINDOW = 50_000;
const OWN = 50;
/** Puts what was before out of the margin that a resume looks back. */
const MARGIN_MS = 65_000;
/** Little enough that nothing of the window is in memory. */
const env = { RECENT_MAX_BYTES: '1048576' };
const figure = 'ms until resumed';
const nameOf = (entries: number) => `${entries} entries`;

export const resume: Scenario = {
  name: 'resume',
  does: `a client comes back with a cursor ${WINDOW} events old, ${OWN} of them its own, to a history of so many`,
  warmUp: 'one resume',
  rounds: 7,
  quick: false,
  goals: [{ figure, of: nameOf(LARGE), against: nameOf(SMALL), atMost: 1 }],
  contenders: () => [SMALL, LARGE].map(among),
};

function among(entries: number): ContenderPlan {
  return {
    name: nameOf(entries),
    prepare: async (world) => {
      const running = await RunningRoomcast.start(world, { env });
      const { amqpUrl, pair } = running;
      let cursor = '';
      await pair.replaceDelivery(async () => {
        await fillHistory(amqpUrl, entries - WINDOW, () => 'provider_1');
        await delay(MARGIN_MS);
        cursor = await fillHistory(amqpUrl, WINDOW, (n) =>
          n % (WINDOW / OWN) === 1 ? 'customer_9' : 'provider_1',
        );
      });
      const { port, path } = running.target({ person: { role: 'customer', id: 9 }, room: 'customer_9' });
      const turn = async () => ({
        [figure]: await timeToResumed(`ws://127.0.0.1:${port}${path}&cursor=${cursor}`, OWN),
      });
      await turn();
      return { turn, end: () => running.stop() };
    },
  };
}
