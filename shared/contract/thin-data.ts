import { z } from 'zod';
import { appointmentIdKeys } from './appointment-id.ts';
import type { EventData } from './event.ts';

/** What the thin form of an event keeps of its data, besides `previous_*`: who, when, and what became of it. */
export const thinKeys = [
  ...appointmentIdKeys,
  ...['provider_id', 'providerId', 'id_users_provider'],
  ...['customer_id', 'customerId', 'id_users_customer'],
  ...['secretary_ids', 'secretaryIds'],
  ...['start', 'end', 'start_local', 'end_local', 'start_datetime', 'end_datetime'],
  ...['status', 'reason'],
] as const;

const kept = new Set<string>(thinKeys);
/** A key may hold anything: only what is as short as ids and times are stays. */
const Short = z.union([z.string().max(64), z.number(), z.boolean(), z.null()]);
const Kept = z.union([Short, z.array(Short).max(50)]);

/** What is left of data that is too large: ids and times, from which a client can ask its backend for the rest. */
export function thinData(data: EventData): EventData {
  const short = Object.entries(data).filter(
    ([key, value]) => (kept.has(key) || key.startsWith('previous_')) && Kept.safeParse(value).success,
  );
  return { ...Object.fromEntries(short), truncated: true };
}
