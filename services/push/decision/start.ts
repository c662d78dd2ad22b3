import { DateTime } from 'luxon';
import type { EventData } from '../../../shared/contract/event.ts';

/** As backends spell it, with an offset or without. */
const START_KEYS = ['start', 'start_datetime', 'startAt', 'start_local'] as const;
const HAS_OFFSET = /(Z|[+-]\d\d:?\d\d)$/;
/** No zone on earth is behind it: a time there is over everywhere. */
const LAST_ZONE = 'UTC-12';

/** When an appointment begins, on the clock of its provider. */
export interface Start {
  readonly shown: DateTime<true>;
  /** Unix milliseconds; without a known zone the last moment that it may be. */
  readonly atMs: number;
}

/** `undefined` where the event does not say, in a form that can be read. */
export function startOf(data: EventData): Start | undefined {
  const text = START_KEYS.map((key) => data[key]).find((value) => typeof value === 'string');
  if (text === undefined) return undefined;
  // ISO 8601 without its T is how SQL writes it.
  const iso = text.trim().replace(/^(\d{4}-\d\d-\d\d) /, '$1T');
  const zone = HAS_OFFSET.test(iso) ? { setZone: true } : { zone: LAST_ZONE };
  const shown = DateTime.fromISO(iso, zone);
  return shown.isValid && /^\d{4}-\d\d-\d\dT/.test(iso) ? { shown, atMs: shown.toMillis() } : undefined;
}
