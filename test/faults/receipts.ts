import type { Ledger, TrackedEvent } from './ledger.ts';

/** What an application that checks ids keeps in mind. */
const REMEMBERED_IDS = 1_000;

/** Every event that came to one place on the way to a client, and what an application behind an id check would have seen. */
export class Receipts {
  /** Indices of events in the order in which each came first. */
  readonly order: number[] = [];
  readonly #seen = new Set<number>();
  /** The ids that the application remembers, oldest first. */
  readonly #remembered = new Set<string>();
  readonly strangers: string[] = [];
  readonly misdelivered: TrackedEvent[] = [];
  taken = 0;
  repeatedInReplay = 0;
  repeatedLive = 0;
  repeatedToApplication = 0;
  /** Repeats by event: what was published more than once explains them. */
  readonly repeats: number[] = [];

  constructor(
    private readonly ledger: Ledger,
    private readonly rooms: ReadonlySet<string>,
  ) {}

  take(id: string, replaying: boolean): void {
    this.taken += 1;
    const event = this.ledger.find(id);
    if (event === undefined) {
      this.strangers.push(id);
      return;
    }
    if (![...event.rooms].some((room) => this.rooms.has(room))) this.misdelivered.push(event);
    if (this.#seen.has(event.index)) {
      if (replaying) this.repeatedInReplay += 1;
      else this.repeatedLive += 1;
      this.repeats.push(event.index);
      if (!this.#remembered.has(id)) this.repeatedToApplication += 1;
    } else {
      this.#seen.add(event.index);
      this.order.push(event.index);
    }
    this.#remember(id);
  }

  has(event: TrackedEvent): boolean {
    return this.#seen.has(event.index);
  }

  /** An id that comes again stays remembered for as long as a new one. */
  #remember(id: string): void {
    this.#remembered.delete(id);
    this.#remembered.add(id);
    const [oldest] = this.#remembered;
    if (this.#remembered.size > REMEMBERED_IDS && oldest !== undefined) this.#remembered.delete(oldest);
  }
}
