import { z } from 'zod';

const Dropped = z.object({
  properties: z.object({ headers: z.object({ 'x-first-death-reason': z.string() }) }),
});

/** Why the broker dropped a message, in its own word: `maxlen`, `expired`, `delivery_limit`. */
export function dropReasonOf(message: unknown): string {
  const parsed = Dropped.safeParse(message);
  return parsed.success ? parsed.data.properties.headers['x-first-death-reason'] : 'unknown';
}
