import type { AppointmentRecord } from './entries.ts';
import { isWallClock } from './local-time.ts';

/** The wall clock of a provider when something was told, `Y-m-d H:i:s`; never ahead of it where the zone is not known. */
export type LocalNow = (provider: number) => string;

/** Whether an appointment has ended where it takes place; one that does not say when has not. */
export function isOver(
  { provider, start, end }: Pick<AppointmentRecord, 'provider' | 'start' | 'end'>,
  nowOf: LocalNow,
): boolean {
  const last = end ?? start;
  return isWallClock(last) && last < nowOf(provider);
}
