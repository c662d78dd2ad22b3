import { setTimeout as delay } from 'node:timers/promises';
import type { Act } from './act.ts';
import type { Phones } from './phones.ts';
import type { pushFaults, pushScenarioFaults } from './schedule.ts';

/** For somebody to be woken. */
const NOTICE_MS = 15_000;
/** For push to be there again on a machine that is busy. */
const BACK_MS = 30_000;

type PushFault = (typeof pushFaults)[number] | (typeof pushScenarioFaults)[number];

/** What befalls push. */
export const pushActs: Readonly<Record<PushFault, Act>> = {
  'kill push': ({ target }, { system }) => {
    const pushes = system.of('push');
    pushes[target % pushes.length]?.process.kill();
    return Promise.resolve();
  },
  // Whichever works: between the answer of the push service and its being written down. It is over once push is back, so that events
  // come meanwhile and wait when it starts.
  'push killed at an answer': async (_fault, { system, phones }) => {
    const timeout = new AbortController();
    const late = delay(NOTICE_MS, undefined, { signal: timeout.signal }).catch(() => undefined);
    await Promise.race([there(phones).next(), late]);
    timeout.abort();
    const pushes = system.of('push').map(({ process }) => process);
    for (const process of pushes) process.kill();
    await Promise.all(pushes.map((process) => process.untilHealthy(BACK_MS).catch(() => undefined)));
  },
  'push service out of order': ({ lastsMs }, { phones }) => answers(phones, () => 503, lastsMs),
  // They are sent too much, as it says, so that others are reached all the same. That an event's customer was told has to be known
  // to the push that starts then.
  'providers out of reach, and push killed': ({ lastsMs }, { system, phones }) =>
    answers(
      phones,
      (room) => (room.startsWith('provider') ? 429 : 201),
      lastsMs,
      () => {
        for (const { process } of system.of('push')) process.kill();
      },
    ),
};

async function answers(
  phones: Phones | undefined,
  statuses: Phones['statusFor'],
  lastsMs: number,
  then: () => void = () => undefined,
): Promise<void> {
  const { statusFor } = there(phones);
  there(phones).statusFor = statuses;
  await delay(lastsMs);
  then();
  there(phones).statusFor = statusFor;
}

function there(phones: Phones | undefined): Phones {
  if (phones === undefined) throw new Error('nobody has a phone');
  return phones;
}
