import type { Cursor } from '../../../shared/contract/cursor.ts';
import { encodeEventFrame, type RoomcastEvent } from '../../../shared/contract/event.ts';
import type { AcceptedEvent, AcceptOptions } from './accept.ts';
import { forCalendar, type CalendarRoom } from './companion.ts';
import type { Announcement, Entrance, EventPublisher, NextCursor, Observer, Receipt } from './ports.ts';
import { AppError, type Problem } from '../../../shared/contract/errors.ts';
import { cloudEventNames } from './cloud-events.ts';
import {
  differences,
  encodeFingerprint,
  fingerprintOf,
  type Contents,
  type Fingerprint,
} from './contents.ts';
import { fitted, mayExceed } from './data-size.ts';
import { stampOf } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { refusal, renamed, under, type Refusal } from './problems.ts';
import { readInput, type Input, type Read } from './read-input.ts';
import type { Repeats } from './repeats.ts';

export interface IntakeOptions {
  readonly publisher: EventPublisher;
  readonly observer: Observer;
  readonly nextCursor: NextCursor;
  /** For the time of an event that states none. */
  readonly wall: WallClock;
  /** For the age of ids. */
  readonly now: SteadyClock;
  /** Whether the broker is several nodes. */
  readonly inCluster: () => boolean;
  /** By the ids that backends gave. */
  readonly repeats: Repeats<Receipt>;
  /** Whether `repeats` has what was published before this start, or at least it is not waited for any longer. */
  readonly knowsIds: () => boolean;
  /** Of an event's `data` as JSON: more is refused, or cut where the sender cannot send it again. */
  readonly maxEventBytes: number;
  /** What `calendar` gets of an appointment's event: a thin companion, or the event itself. */
  readonly calendarRoom: CalendarRoom;
  readonly secretariesOf: NonNullable<AcceptOptions['secretariesOf']>;
  /** Of the fork's own call: what the ledger has to know goes by the instance that writes it. */
  readonly defer: Defer;
  /** Adds what is known to the fork's own call, whose apps show it, and takes out what is not for everybody. */
  readonly enrich: (event: AcceptedEvent) => readonly AcceptedEvent[];
}

/** Puts an event into the inbox instead of announcing it at once; `undefined` for one that is not for there. */
export type Defer = (event: AcceptedEvent, body: Uint8Array) => Promise<void> | undefined;

export interface Taken {
  /** Whether one event was sent, and not an array. */
  readonly single: boolean;
  /** In the order of the input, once the broker has confirmed all of them; none of what was deferred. */
  readonly receipts: Promise<readonly Receipt[]>;
}

interface Draft {
  readonly receipt: Receipt;
  readonly fingerprint: Fingerprint | undefined;
  readonly announcements: readonly Announcement[];
}

/**
 * The one way from an entrance to the broker. Everything up to the hand-over happens within one call, so that
 * events leave in the order in which they came in, each directly followed by its companion.
 */
export class Intake {
  constructor(private readonly options: IntakeOptions) {}

  /**
   * A refusal, or the receipts to wait for. Throws an AppError before anything is published when the broker
   * cannot take all of it now.
   */
  take(input: Input): Taken | Refusal {
    const { wall, secretariesOf, defer, enrich, maxEventBytes } = this.options;
    const now = stampOf(wall());
    const canRetry = input.entrance !== 'broadcast';
    const read = readInput(input, {
      now,
      secretariesOf,
      maxDataBytes: canRetry && mayExceed(input.body.byteLength, maxEventBytes) ? maxEventBytes : undefined,
    });
    if ('problems' in read) return read;
    if (canRetry && !this.options.knowsIds() && read.events.some(({ id }) => id !== undefined))
      throw new AppError('starting', 'This instance does not know yet which ids were used; try again.');
    const clashes = this.#clashes(read, input);
    if (clashes.length > 0) return refusal('id_reused', clashes);
    const [first] = read.events;
    const deferred = canRetry || first === undefined ? undefined : defer(first, input.body);
    if (deferred !== undefined) return { single: read.single, receipts: deferred.then(() => []) };
    const receipts = canRetry
      ? this.#handOver(read.events, input.entrance)
      : this.announce(read.events.flatMap(enrich), input.entrance);
    return { single: read.single, receipts };
  }

  /** Ids that were used for another event, earlier or in the same array: published it would be taken for a repeat. */
  #clashes({ events, single }: Read, { wrapping }: Input): readonly Problem[] {
    const nowMs = this.options.now();
    const earlier = new Map<string, Contents>();
    return events.flatMap(({ id, contents }, index) => {
      if (id === undefined || contents === undefined) return [];
      const before = earlier.get(id);
      const problems =
        before === undefined
          ? this.options.repeats.clash(id, nowMs, contents)
          : differences(fingerprintOf(before), contents);
      earlier.set(id, before ?? contents);
      const said = wrapping.kind === 'plain' ? problems : renamed(problems, cloudEventNames);
      return single ? said : under(`/${index}`, said);
    });
  }

  /** As `take`, for events whose senders cannot send them smaller: what is too large of them is cut. */
  announce(events: readonly AcceptedEvent[], entrance: Entrance): Promise<readonly Receipt[]> {
    const { maxEventBytes } = this.options;
    const fit = events.map((event) => ({ ...event, data: fitted(event.data, maxEventBytes) }));
    return this.#handOver(fit, entrance);
  }

  /** Hands accepted events over at once, or throws an AppError before anything is published. */
  #handOver(events: readonly AcceptedEvent[], entrance: Entrance): Promise<readonly Receipt[]> {
    const nowMs = this.options.now();
    const drafts = this.#draftNew(events, nowMs);
    const announcements = drafts.flatMap((draft) => draft?.announcements ?? []);
    if (announcements.length > 0) {
      const bytes = announcements.reduce((sum, { body }) => sum + body.byteLength, 0);
      this.options.publisher.ensureRoomFor(announcements.length, bytes);
    }
    return allOrFirstFailure(
      events.map((event, index) => this.#announce(event, drafts[index], entrance, nowMs)),
    );
  }

  /** Encodes what will be published; `undefined` stands for a repeat. */
  #draftNew(events: readonly AcceptedEvent[], nowMs: number): (Draft | undefined)[] {
    const earlier = new Set<string>();
    return events.map((event) => {
      const { id } = event;
      if (id === undefined) return this.#draft(event);
      if (earlier.has(id) || this.options.repeats.has(id, nowMs)) return undefined;
      earlier.add(id);
      return this.#draft(event);
    });
  }

  #draft(accepted: AcceptedEvent): Draft {
    const cursor = this.options.nextCursor();
    const { isCopy = false, id = cursor, name, data, timestamp, rooms, contents } = accepted;
    const fingerprint =
      accepted.id === undefined || contents === undefined ? undefined : fingerprintOf(contents);
    const headers = fingerprint && encodeFingerprint(fingerprint);
    const own: RoomcastEvent = { id, name, data, timestamp, rooms };
    const { event, companion } = isCopy
      ? { event: own, companion: undefined }
      : forCalendar(own, this.options.calendarRoom);
    // With rooms of its own the event has the cursor of its receipt, else its companion has: a cursor always
    // names an entry of the history.
    const events = [event, companion]
      .filter((one) => one !== undefined)
      .filter(({ rooms }) => rooms.length > 0);
    const announcements = events.map((one, index) =>
      index === 0
        ? announced(one, cursor, headers)
        : announced(one, this.options.nextCursor(), headers && { contents: headers.contents }),
    );
    return { receipt: { id: event.id, rooms: event.rooms, cursor }, fingerprint, announcements };
  }

  async #announce(
    event: AcceptedEvent,
    draft: Draft | undefined,
    entrance: Entrance,
    nowMs: number,
  ): Promise<Receipt> {
    const publish = () => this.#publish(draft ?? this.#draft(event));
    const { outcome, repeated } =
      event.id === undefined
        ? { outcome: publish(), repeated: false }
        : this.options.repeats.once(event.id, nowMs, publish, draft?.fingerprint);
    const receipt = await outcome;
    this.options.observer.accepted({ ...receipt, name: event.name, entrance, repeated });
    return receipt;
  }

  async #publish({ receipt, announcements }: Draft): Promise<Receipt> {
    const { publisher, nextCursor, inCluster } = this.options;
    const confirmed = announcements.map(async (announcement) => {
      const { event, contents } = announcement;
      const confirm = await publisher.publish(announcement);
      // See shared/contract/history-lag.ts; under a cursor of its own, since it has a place of its own in the history.
      if (confirm === 'late' && inCluster())
        await publisher.publish(announced(event, nextCursor(), contents));
    });
    await allOrFirstFailure(confirmed);
    return receipt;
  }
}

function announced(event: RoomcastEvent, cursor: Cursor, contents: Announcement['contents']): Announcement {
  return { event, cursor, body: encodeEventFrame(event, cursor), contents };
}

/** Waits for every outcome, so that nothing of a failed batch is still on its way when it is answered. */
async function allOrFirstFailure<Value>(outcomes: readonly Promise<Value>[]): Promise<Value[]> {
  const settled = await Promise.allSettled(outcomes);
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
