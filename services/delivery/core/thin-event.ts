import { z } from 'zod';

/** What the thin form of an event keeps of its data, besides `previous_*`: who, when, and what became of it. */
export const thinKeys = [
  ...['id', 'appointment_id', 'appointmentId'],
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

const Fields = z.record(z.string(), z.unknown());

/**
 * The same event for a client that takes no frame of its size: with what is short of its ids and times, and with
 * nothing, each marked as `truncated`. `undefined` for what is no event frame.
 */
export function thinEventFrames(payload: Buffer): { thin: Buffer; bare: Buffer } | undefined {
  const frame = Fields.safeParse(JSON.parse(payload.toString()));
  const data = Fields.safeParse(frame.data?.['data']);
  if (!frame.success || !data.success) return undefined;
  const short = Object.entries(data.data).filter(
    ([key, value]) => (kept.has(key) || key.startsWith('previous_')) && Kept.safeParse(value).success,
  );
  const withData = (entries: [string, unknown][]) =>
    Buffer.from(JSON.stringify({ ...frame.data, data: { ...Object.fromEntries(entries), truncated: true } }));
  return { thin: withData(short), bare: withData([]) };
}
