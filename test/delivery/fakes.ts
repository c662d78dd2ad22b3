import { Cursor } from '../../shared/contract/cursor.ts';
import type { ControlEntry, EventEntry, HistoryEntry, MarkEntry } from '../../shared/contract/message.ts';
import type { Outlet } from '../../services/delivery/stream/feed.ts';
import type { RoomStream } from '../../services/delivery/session/membership.ts';
import type { JoinedForms } from '../../services/delivery/stream/entry-run.ts';
import type { EventForm } from '../../services/delivery/stream/event-form.ts';
import { EVERYONE, type Address } from '../../shared/contract/routing.ts';
import type { StreamMember } from '../../services/delivery/stream/event-stream.ts';
import { toTimelineEntry, type TimelineEntry } from '../../services/delivery/stream/timeline.ts';

/** A point in time for tests that need one; any would do. */
export const NOON = Date.UTC(2026, 10, 23, 12);

let stamped = 0;

/** A cursor stamped at a time, another one at every call. */
export function cursorAt(timeMs: number): Cursor {
  stamped += 1;
  const time = timeMs.toString(16).padStart(12, '0');
  const count = stamped.toString(16).padStart(12, '0');
  return Cursor.parse(`${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${count}`);
}

/** An event as it comes from the broker; of provider 4 unless told otherwise. */
export function event(fields: Partial<EventEntry> & { atMs?: number } = {}): EventEntry {
  const { atMs = NOON, ...rest } = fields;
  const cursor = rest.cursor ?? cursorAt(atMs);
  const body = Buffer.from(JSON.stringify({ event: 'appointment.created', cursor }));
  return {
    kind: 'event',
    id: cursor,
    identity: rest.id ?? cursor,
    type: 'appointment.created',
    cursor,
    rooms: ['provider_4'],
    origin: 'ingest',
    body,
    ...rest,
  };
}

export function mark(fields: { atMs?: number; origin?: string } = {}): MarkEntry {
  const { atMs = NOON, origin = 'delivery' } = fields;
  return { kind: 'mark', cursor: cursorAt(atMs), origin };
}

export function control({ atMs = NOON, origin = 'ingest' } = {}): ControlEntry {
  return { kind: 'control', cursor: cursorAt(atMs), origin, body: Buffer.from('{}') };
}

export function kept(entry: HistoryEntry): TimelineEntry {
  return toTimelineEntry(entry);
}

/** The event that a form of it names. */
export function nameIn({ json }: EventForm): unknown {
  return (JSON.parse(json.toString()) as { event?: unknown }).event;
}

/** Cursors of entries, to compare what was delivered with what was published. */
export function cursorsOf(entries: Iterable<{ cursor: Cursor }>): Cursor[] {
  return [...entries].map(({ cursor }) => cursor);
}

/** An outbox that a test fills and empties. */
export class FakeOutlet implements Outlet {
  readonly frames: EventForm[] = [];
  /** What went in one piece. */
  readonly joined: JoinedForms[] = [];
  full = false;
  readonly isOpen = true;
  #isCongested = false;
  #drained: (() => void)[] = [];

  takes(): boolean {
    return !this.#isCongested;
  }

  write(frame: EventForm): boolean {
    if (this.full) return false;
    this.frames.push(frame);
    return true;
  }

  writeJoined(events: JoinedForms): boolean {
    if (this.full) return false;
    this.joined.push(events);
    this.frames.push(...events.forms);
    return true;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  congest(): void {
    this.#isCongested = true;
  }

  drain(): void {
    this.#isCongested = false;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

/** Lets everything that waits for nothing but promises go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Rooms whose bindings are confirmed at once, or by the test after `hold`; that of everyone always is. */
export class FakeRooms implements RoomStream {
  readonly #rooms = new Set<Address>();
  readonly #waiting = new Map<Address, () => void>();
  #held = false;

  get entered(): boolean {
    return this.#rooms.has(EVERYONE);
  }

  hold(): void {
    this.#held = true;
  }

  confirm(room: Address): void {
    this.#waiting.get(room)?.();
  }

  async join(_member: StreamMember, room: Address): Promise<void> {
    if (this.#held && room !== EVERYONE)
      await new Promise<void>((resolve) => this.#waiting.set(room, resolve));
    this.#rooms.add(room);
  }

  leave(_member: StreamMember, room: Address): void {
    this.#rooms.delete(room);
  }

  leaveAll(): void {
    this.#rooms.clear();
  }

  writeGathered(): void {
    // Nothing is ever held.
  }

  roomsOf(): ReadonlySet<Address> {
    return this.#rooms;
  }

  /** Those that a client sees. */
  rooms(): readonly Address[] {
    return [...this.#rooms].filter((room) => room !== EVERYONE);
  }
}
