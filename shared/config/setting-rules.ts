import { z } from 'zod';

const DAY_S = 24 * 60 * 60;

/** As RabbitMQ counts them. */
const AGE_UNIT_S = { Y: 365 * DAY_S, M: 30 * DAY_S, D: DAY_S, h: 3_600, m: 60, s: 1 } as const;

/** A time as RabbitMQ writes the age of a stream. */
export const Age = z
  .string()
  .regex(/^[1-9]\d*[YMDhms]$/, 'expected a number and one of Y M D h m s, such as 7D');

/** The seconds of a valid age. */
export function ageSeconds(age: string): number {
  const unit = age.at(-1) as keyof typeof AGE_UNIT_S;
  return Number(age.slice(0, -1)) * AGE_UNIT_S[unit];
}

/** How long compose waits for a stop before it kills, as it is written there: 20s, 1m30s. */
export const GracePeriod = z
  .string()
  .regex(/^(?=\d)(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/, 'expected a time such as 20s or 1m30s')
  .transform((text) => {
    const of = (unit: RegExp) => Number(unit.exec(text)?.[1] ?? 0);
    return of(/(\d+)h/) * 3_600_000 + of(/(\d+)m(?!s)/) * 60_000 + of(/(\d+)s/) * 1_000 + of(/(\d+)ms/);
  });

/** For a rule between settings, told at the first: checked whenever each can be read, whatever else is wrong. */
export function between(names: readonly [string, ...string[]], message: string) {
  return {
    path: [names[0]],
    message,
    when: ({ issues }: { issues: { path?: PropertyKey[] | undefined }[] }) =>
      !issues.some(({ path }) => names.includes(String(path?.[0]))),
  };
}

/** Two listeners on one port: the second would not start. 0 takes any free one. */
export function portsDiffer<First extends string, Second extends string>(first: First, second: Second) {
  return [
    (env: Readonly<Record<First | Second, number>>) => env[first] === 0 || env[first] !== env[second],
    between([first, second], `is the same port as ${second}: give each one of its own`),
  ] as const;
}

/** A stop must be over before it is cut short from outside. */
export const drainsInTime = [
  (env: { readonly DRAIN_TIMEOUT_MS: number; readonly STOP_GRACE_PERIOD?: number | undefined }) =>
    env.STOP_GRACE_PERIOD === undefined || env.DRAIN_TIMEOUT_MS < env.STOP_GRACE_PERIOD,
  between(
    ['DRAIN_TIMEOUT_MS', 'STOP_GRACE_PERIOD'],
    'must be less than STOP_GRACE_PERIOD, after which compose kills: raise that one too',
  ),
] as const;
