import type { AcceptedEvent } from '../../services/ingest/accept/accept.ts';

type Shown = Readonly<Record<string, unknown>>;

/** What apps show of an appointment. */
const KEYS = ['start', 'status', 'notes', 'provider_name', 'customer_name', 'service_name'] as const;

/**
 * What phones show after these events, by room and appointment and by the rules of PROTOCOL.md: what has an id that
 * came before is dropped, a key that an update does not have is as it was.
 */
export function shownOn(events: readonly AcceptedEvent[]): Record<string, Record<string, Shown>> {
  const rooms = new Map<string, Map<number, Shown>>();
  const seen = new Set<string>();
  for (const { id, name, data, rooms: theirs } of events) {
    if (id !== undefined && seen.has(id)) continue;
    if (id !== undefined) seen.add(id);
    if (name === 'calendar.sync') continue;
    const appointment = Number(data['id']);
    for (const room of theirs) {
      const shown = rooms.get(room) ?? new Map<number, Shown>();
      rooms.set(room, shown);
      if (name === 'appointment.cancelled') shown.delete(appointment);
      else
        shown.set(appointment, {
          ...(name === 'appointment.updated' && shown.get(appointment)),
          ...only(data),
        });
    }
  }
  const filled = [...rooms].filter(([, shown]) => shown.size > 0);
  return Object.fromEntries(filled.map(([room, shown]) => [room, Object.fromEntries(shown)]));
}

function only(data: Shown): Shown {
  const slot: Shown = { ...data, start: data['start'] ?? data['start_local'] };
  return Object.fromEntries(
    KEYS.filter((key) => slot[key] !== undefined && slot[key] !== null).map((key) => [key, slot[key]]),
  );
}
