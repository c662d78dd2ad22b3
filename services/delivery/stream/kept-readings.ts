import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';

/** A reading goes on for so long after somebody last asked for it, and what it brought is kept as long. */
const KEEP_MS = 60_000;
const MAX_USERS = 1_000;
/** Of one user, whose devices may come and go at the same time. */
const MAX_OF_USER = 4;
/** Of what is kept, for all users together; of more, the oldest goes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Who resumes. */
export interface Reader {
  /** It is gone: nothing is asked for it again. */
  readonly closed: boolean;
  /** Its user on all their devices. */
  readonly userKey: string;
}

export interface Shared<Outcome> {
  readonly outcome: Promise<Outcome>;
  /** Begun for somebody who came before: it does not tell what happened since. */
  readonly isOlder: boolean;
}

/**
 * Readings of the history that outlive the session for which they were begun: who is cut off before theirs has ended comes back with
 * the same cursor, and finds it. Else somebody whose connections are shorter than a reading would never get any further.
 */
export class KeptReadings<Outcome> {
  readonly #ofUser = new ExpiringMap<string, Reading<Outcome>[]>(MAX_USERS, KEEP_MS);
  /** What was brought when nobody waited for it any more, the oldest first. */
  readonly #kept: { readonly reading: Reading<Outcome>; readonly bytes: number }[] = [];
  #bytes = 0;

  constructor(
    private readonly bytesOf: (outcome: Outcome) => number,
    private readonly now: SteadyClock,
    private readonly maxBytes = MAX_BYTES,
  ) {}

  /**
   * What is read under this name for this user, or was of late. `read` begins to; its reader is gone once nobody waits, and nobody is
   * expected to come back.
   */
  share(reader: Reader, name: string, read: (reader: Reader) => Promise<Outcome>): Shared<Outcome> {
    const { userKey } = reader;
    while (this.#kept[0]?.reading.closed === true) this.#dropOldest();
    const theirs = (this.#ofUser.get(userKey, this.now()) ?? []).filter(({ closed }) => !closed);
    const older = theirs.find((one) => one.name === name);
    older?.join(reader);
    const reading = older ?? new Reading(reader, name, read, this.now);
    const others = theirs.filter((one) => one !== reading);
    this.#ofUser.set(userKey, [...others, reading].slice(-MAX_OF_USER), this.now());
    if (older === undefined) this.#keep(reading);
    return { outcome: reading.outcome, isOlder: older !== undefined };
  }

  #keep(reading: Reading<Outcome>): void {
    reading.outcome.then(
      (brought) => {
        if (reading.isAwaited) this.#forget(reading);
        else {
          const bytes = this.bytesOf(brought);
          this.#kept.push({ reading, bytes });
          this.#bytes += bytes;
        }
        while (this.#bytes > this.maxBytes) this.#dropOldest();
      },
      // It broke off: who asks again begins anew.
      () => this.#forget(reading),
    );
  }

  #dropOldest(): void {
    const oldest = this.#kept.shift();
    if (oldest === undefined) return;
    this.#bytes -= oldest.bytes;
    this.#forget(oldest.reading);
  }

  /** With what it brought. */
  #forget(reading: Reading<Outcome>): void {
    const theirs = this.#ofUser.get(reading.userKey, this.now());
    const at = theirs?.indexOf(reading) ?? -1;
    if (at !== -1) theirs?.splice(at, 1);
    if (theirs?.length === 0) this.#ofUser.delete(reading.userKey);
  }
}

/** For sessions of one user. Once it is gone it stays so, for then entries were left out. */
class Reading<Outcome> implements Reader {
  readonly userKey: string;
  readonly outcome: Promise<Outcome>;
  #sessions: readonly Reader[] = [];
  #untilMs = 0;

  constructor(
    session: Reader,
    readonly name: string,
    read: (reader: Reader) => Promise<Outcome>,
    private readonly now: SteadyClock,
  ) {
    this.userKey = session.userKey;
    this.join(session);
    this.outcome = read(this);
  }

  get isAwaited(): boolean {
    return this.#sessions.some(({ closed }) => !closed);
  }

  get closed(): boolean {
    return !this.isAwaited && this.now() >= this.#untilMs;
  }

  join(session: Reader): void {
    this.#sessions = [...this.#sessions.filter(({ closed }) => !closed), session];
    this.#untilMs = this.now() + KEEP_MS;
  }
}
