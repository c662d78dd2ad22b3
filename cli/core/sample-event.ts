const HOUR_MS = 60 * 60 * 1000;
const AHEAD_MS = 24 * HOUR_MS;
const LENGTH_MS = 45 * 60 * 1000;

/** An appointment to try with: of provider 4 and customer 6, on the full hour a day from now. */
export function sampleEvent(now: Date): object {
  const startMs = Math.ceil((now.getTime() + AHEAD_MS) / HOUR_MS) * HOUR_MS;
  return {
    event: 'appointment.created',
    data: {
      id: 12,
      provider_id: 4,
      customer_id: 6,
      start: new Date(startMs).toISOString(),
      end: new Date(startMs + LENGTH_MS).toISOString(),
    },
  };
}
