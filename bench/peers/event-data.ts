import type { LoadEvent } from '../load/load-event.ts';

/** As a booking backend sends it. */
export function dataOf({ number, text }: LoadEvent) {
  const times = { start: '2026-12-03T10:00:00+01:00', end: '2026-12-03T10:45:00+01:00' };
  return { id: number, provider_id: 4, customer_id: 9, service_id: 2, ...times, notes: text };
}
