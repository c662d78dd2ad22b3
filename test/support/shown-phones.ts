import type { AcceptedEvent } from '../../services/ingest/accept/accept.ts';

/** What phones of each room show after these events: of each appointment when it starts. Repeats by id are dropped. */
export function shownAfter(events: readonly AcceptedEvent[]): Record<string, Record<string, unknown>> {
  const rooms = new Map<string, Map<number, unknown>>();
  const seen = new Set<string>();
  for (const { id, name, data, rooms: theirs } of events) {
    if (name === 'calendar.sync' || (id !== undefined && seen.has(id))) continue;
    if (id !== undefined) seen.add(id);
    for (const room of theirs) {
      const shown = rooms.get(room) ?? new Map<number, unknown>();
      rooms.set(room, shown);
      if (name === 'appointment.cancelled') shown.delete(Number(data['id']));
      else shown.set(Number(data['id']), data['start_datetime']);
    }
  }
  return plain(rooms);
}

export interface BookedRow {
  readonly id: number;
  readonly start_datetime: string;
  readonly id_users_provider: number;
  readonly id_users_customer: number;
  readonly status: string;
}

/** What they ought to show by the rows of the database. */
export function shownBy(rows: readonly BookedRow[]): Record<string, Record<string, unknown>> {
  const rooms = new Map<string, Map<number, unknown>>();
  for (const row of rows.filter(({ status }) => status !== 'Cancelled')) {
    for (const room of ['admin', `provider_${row.id_users_provider}`, `customer_${row.id_users_customer}`]) {
      rooms.set(room, (rooms.get(room) ?? new Map<number, unknown>()).set(row.id, row.start_datetime));
    }
  }
  return plain(rooms);
}

function plain(rooms: ReadonlyMap<string, ReadonlyMap<number, unknown>>) {
  const filled = [...rooms].filter(([room, shown]) => shown.size > 0 && !room.startsWith('secretary_'));
  return Object.fromEntries(filled.map(([room, shown]) => [room, Object.fromEntries(shown)]));
}
