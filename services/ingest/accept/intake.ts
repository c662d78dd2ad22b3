import type { Cursor } from '../../../shared/contract/cursor.ts';
import { encodeEventFrame, type RoomcastEvent } from '../../../shared/contract/event.ts';
import type { AcceptedEvent, AcceptOptions } from './accept.ts';
import { forCalendar, type CalendarRoom } from './companion.ts';
import type { Announcement, Entrance, EventPublisher, NextCursor, Observer, Receipt } from './ports.ts';
import { AppError, type Problem } from '../../../shared/contract/errors.ts';
import { cloudEventNames } from './cloud-events.ts';
import { differences, encodeFingerprint, fingerprintOf, type Fingerprint } from './contents.ts';
import { fitted, mayExceed } from './data-size.ts';
import { stampOf } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { refusal, renamed, under, type Refusal } from './problems.ts';
import { readInput, type Input, type Read } from './read-input.ts';
import type { Pace } from './pace.ts';
import type { Repeats } from './repeats.ts';
import { inOneGo, type Steps } from './steps.ts';

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
  /** Of the events of an array. */
  readonly pace: Pick<Pace, 'take' | 'turn' | 'waiting'>;
  /** Of an event's `data` as JSON: more is refused, or cut where the sender cannot send it again. */
  readonly maxEventBytes: number;
  /** What `calendar` gets of an appointment's event: a thin companion, or the event itself. */
  readonly calendarRoom: CalendarRoom;
  /** Whether the companion is to be a message of its own, for deliveries that know no other way. */
  readonly calendarSyncApart: () => boolean;
  readonly secretariesOf: NonNullable<AcceptOptions['secretariesOf']>;
  /** Of the fork's own call: what the ledger has to know goes by the instance that writes it. */
  readonly defer: Defer;
  /** Adds what is known to the fork's own call, whose apps show it, and takes out what is not for everybody. */
  readonly enrich: (event: AcceptedEvent) => readonly AcceptedEvent[];
}

/** Messages that an event makes at most. */
const WITH_COMPANION = 2;
/** All headers of a message go in one AMQP frame, of 4 KiB at the least. */
const MAX_SYNC_BYTES = 1_000;

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
  readonly announcements: readonly Announcement[];
}

/** An event and the fingerprint of its contents, where its id is the backend's. */
interface Taking {
  readonly event: AcceptedEvent;
  readonly fingerprint: Fingerprint | undefined;
}

/**
 * The one way from an entrance to the broker. Events leave in the order in which they came in, each directly followed by its
 * companion. The ids of an input are taken in the step that checks them: nothing comes between.
 */
export class Intake {
  constructor(private readonly options: IntakeOptions) {}

  /** As `steps`, in one go: what is taken first is handed over first. */
  take(input: Input): Taken | Refusal {
    return inOneGo(this.steps(input));
  }

  /**
   * A refusal, or the receipts to wait for. Throws an AppError before anything is published when the broker
   * cannot take all of it now.
   */
  *steps(input: Input): Steps<Taken | Refusal> {
    const { wall, secretariesOf, defer, enrich, maxEventBytes } = this.options;
    const now = stampOf(wall());
    const canRetry = input.entrance !== 'broadcast';
    const read = yield* readInput(input, {
      now,
      secretariesOf,
      maxDataBytes: canRetry && mayExceed(input.body.byteLength, maxEventBytes) ? maxEventBytes : undefined,
    });
    if ('problems' in read) return read;
    const taking: Taking[] = [];
    for (const event of read.events) {
      yield;
      taking.push({ event, fingerprint: fingerprintIn(event) });
    }
    if (canRetry && !this.options.knowsIds() && read.events.some(({ id }) => id !== undefined))
      throw new AppError('starting', 'This instance does not know yet which ids were used; try again.');
    const clashes = this.#clashes(taking, read, input);
    if (clashes.length > 0) return refusal('id_reused', clashes);
    const [first] = read.events;
    const deferred = canRetry || first === undefined ? undefined : defer(first, input.body);
    if (deferred !== undefined) return { single: read.single, receipts: deferred.then(() => []) };
    const receipts = canRetry
      ? this.#handOverAll(taking, read, input)
      : this.announce(read.events.flatMap(enrich), input.entrance);
    return { single: read.single, receipts };
  }

  /** Ids that were used for another event, earlier or in the same array: published it would be taken for a repeat. */
  #clashes(taking: readonly Taking[], { single }: Read, { wrapping }: Input): readonly Problem[] {
    const nowMs = this.options.now();
    const earlier = new Map<string, Fingerprint>();
    return taking.flatMap(({ event: { id, contents }, fingerprint }, index) => {
      if (id === undefined || contents === undefined || fingerprint === undefined) return [];
      const before = earlier.get(id);
      const problems =
        before === undefined
          ? this.options.repeats.clash(id, nowMs, contents, fingerprint)
          : differences(before, contents, fingerprint);
      earlier.set(id, before ?? fingerprint);
      const said = wrapping.kind === 'plain' ? problems : renamed(problems, cloudEventNames);
      return single ? said : under(`/${index}`, said);
    });
  }

  /** As `take`, for events whose senders cannot send them smaller: what is too large of them is cut. */
  announce(events: readonly AcceptedEvent[], entrance: Entrance): Promise<readonly Receipt[]> {
    const { maxEventBytes } = this.options;
    const fit = events.map((event) => ({
      event: { ...event, data: fitted(event.data, maxEventBytes) },
      fingerprint: fingerprintIn(event),
    }));
    return this.#handOver(fit, entrance);
  }

  #handOverAll(
    taking: readonly Taking[],
    { single }: Read,
    { entrance, body }: Input,
  ): Promise<readonly Receipt[]> {
    return single
      ? this.#handOver(taking, entrance)
      : this.#handOverInTurn(taking, entrance, body.byteLength);
  }

  /** Each when its turn has come: it is encoded then, and gets a cursor that is in the order of the stream. */
  #handOverInTurn(taking: readonly Taking[], entrance: Entrance, bytes: number): Promise<readonly Receipt[]> {
    const { pace, publisher, repeats, now } = this.options;
    const nowMs = now();
    const fresh = taking.filter(({ event: { id } }) => id === undefined || !repeats.has(id, nowMs));
    if (fresh.length > 0)
      publisher.ensureRoomFor(WITH_COMPANION * (fresh.length + pace.waiting), WITH_COMPANION * bytes);
    const handOver = (one: Taking) => this.#publish(this.#draft(one));
    return allOrFirstFailure(
      taking.map((one) => {
        const publish = () => (pace.take() ? handOver(one) : pace.turn().then(() => handOver(one)));
        return this.#announce(one, publish, entrance, nowMs);
      }),
    );
  }

  /** Hands accepted events over at once, or throws an AppError before anything is published. */
  #handOver(taking: readonly Taking[], entrance: Entrance): Promise<readonly Receipt[]> {
    const nowMs = this.options.now();
    const drafts = this.#draftNew(taking, nowMs);
    const announcements = drafts.flatMap((draft) => draft?.announcements ?? []);
    if (announcements.length > 0) {
      const bytes = announcements.reduce(
        (sum, { body, sync }) => sum + body.byteLength + (sync?.body.byteLength ?? 0),
        0,
      );
      this.options.publisher.ensureRoomFor(announcements.length, bytes);
    }
    return allOrFirstFailure(
      taking.map((one, index) => {
        const publish = () => this.#publish(drafts[index] ?? this.#draft(one));
        return this.#announce(one, publish, entrance, nowMs);
      }),
    );
  }

  /** Encodes what will be published; `undefined` stands for a repeat. */
  #draftNew(taking: readonly Taking[], nowMs: number): (Draft | undefined)[] {
    const earlier = new Set<string>();
    return taking.map((one) => {
      const { id } = one.event;
      if (id === undefined) return this.#draft(one);
      if (earlier.has(id) || this.options.repeats.has(id, nowMs)) return undefined;
      earlier.add(id);
      return this.#draft(one);
    });
  }

  #draft({ event: accepted, fingerprint }: Taking): Draft {
    const cursor = this.options.nextCursor();
    const { isCopy = false, id = cursor, name, data, timestamp, rooms } = accepted;
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
    return {
      receipt: { id: event.id, rooms: event.rooms, cursor },
      announcements: this.#together(announcements),
    };
  }

  /** One message for an event and its companion, unless that is too long for a header. */
  #together(announcements: readonly Announcement[]): readonly Announcement[] {
    const [first, companion] = announcements;
    if (first === undefined || companion === undefined) return announcements;
    if (companion.body.byteLength > MAX_SYNC_BYTES || this.options.calendarSyncApart()) return announcements;
    return [{ ...first, sync: companion }];
  }

  async #announce(
    { event, fingerprint }: Taking,
    publish: () => Promise<Receipt>,
    entrance: Entrance,
    nowMs: number,
  ): Promise<Receipt> {
    const { outcome, repeated } =
      event.id === undefined
        ? { outcome: publish(), repeated: false }
        : this.options.repeats.once(event.id, nowMs, publish, fingerprint);
    const receipt = await outcome;
    this.options.observer.accepted({ ...receipt, name: event.name, entrance, repeated });
    return receipt;
  }

  async #publish({ receipt, announcements }: Draft): Promise<Receipt> {
    const { publisher, nextCursor, inCluster } = this.options;
    const confirmed = announcements.map(async (announcement) => {
      const { event, contents, sync } = announcement;
      const confirm = await publisher.publish(announcement);
      // See shared/contract/history-lag.ts; under a cursor of its own, since it has a place of its own in the history.
      if (confirm === 'late' && inCluster())
        await publisher.publish({
          ...announced(event, nextCursor(), contents),
          sync: sync && announced(sync.event, nextCursor(), undefined),
        });
    });
    await allOrFirstFailure(confirmed);
    return receipt;
  }
}

function fingerprintIn({ id, contents }: AcceptedEvent): Fingerprint | undefined {
  return id === undefined || contents === undefined ? undefined : fingerprintOf(contents);
}

function announced(event: RoomcastEvent, cursor: Cursor, contents: Announcement['contents']): Announcement {
  return { event, cursor, body: encodeEventFrame(event, cursor), contents };
}

/** Waits for every outcome, so that nothing of a failed batch is still on its way when it is answered. */
async function allOrFirstFailure<Value>(outcomes: readonly Promise<Value>[]): Promise<Value[]> {
  const [only] = outcomes;
  if (only !== undefined && outcomes.length === 1) return [await only];
  const settled = await Promise.allSettled(outcomes);
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
