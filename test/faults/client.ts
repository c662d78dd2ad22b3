import { tokenFor } from '../support/tokens.ts';
import { Journey } from './journey.ts';
import type { Ledger } from './ledger.ts';
import type { Line } from './line.ts';
import { PollLine } from './poll-line.ts';
import type { Person } from './population.ts';
import type { Random } from './random.ts';
import { Receipts } from './receipts.ts';
import type { CreateRoomcast } from './sdk.ts';
import { SdkLine } from './sdk-line.ts';

const SHORT_TOKEN_S = 20;
const REFRESH_MS = 8_000;

export interface ClientOptions {
  readonly createRoomcast: CreateRoomcast;
  readonly secret: string;
  /** Any of them will do, each time anew. */
  readonly ports: readonly number[];
  readonly ledger: Ledger;
  readonly random: Random;
}

type Range = readonly [min: number, max: number];

interface Comings {
  readonly awayMs: Range;
  readonly thereMs: Range;
}

/** A phone and its habits. */
export class Client {
  readonly journey: Journey;
  /** What the handler of an app was given; where there is no SDK there is none. */
  readonly handled: Receipts | undefined;
  readonly oddities: string[] = [];
  readonly #line: Line;
  readonly #sdk: SdkLine | undefined;
  readonly #random: Random;
  #isSettled = false;
  #returning: NodeJS.Timeout | undefined;
  #habit: NodeJS.Timeout | undefined;

  constructor(
    readonly person: Person,
    { createRoomcast, secret, ports, ledger, random }: ClientOptions,
  ) {
    this.#random = random;
    this.journey = new Journey(ledger, person.rooms);
    const ttlSeconds = person.habit === 'short tokens' ? SHORT_TOKEN_S : 900;
    const token = () => tokenFor(person.role, person.id, { secret, ttlSeconds });
    const options = { person, journey: this.journey, ports, token, random };
    if (person.wire === 'long-poll') {
      this.#line = new PollLine(options);
    } else {
      const handled = (this.handled = new Receipts(ledger, person.rooms));
      const odd = (what: string) => void this.oddities.push(what);
      this.#line = this.#sdk = new SdkLine({ ...options, createRoomcast, handled, odd });
    }
  }

  start(): void {
    this.#line.start();
    const { habit } = this.person;
    if (habit === 'wanders') this.#leaveSometime({ awayMs: [500, 12_000], thereMs: [1_000, 15_000] });
    if (habit === 'naps') this.#leaveSometime({ awayMs: [15_000, 60_000], thereMs: [5_000, 25_000] });
    if (habit === 'refreshes') this.#habit = setInterval(() => this.#sdk?.refresh(), REFRESH_MS);
  }

  stop(): void {
    this.#isSettled = true;
    clearTimeout(this.#habit);
    clearTimeout(this.#returning);
    this.#line.stop();
    // Whoever does not answer is not waited for.
    this.#line.cut();
  }

  /** From now on it stays connected. */
  settle(): void {
    this.#isSettled = true;
    clearTimeout(this.#habit);
    clearTimeout(this.#returning);
    this.#sdk?.readOn();
    this.#line.start();
    this.#line.wake();
  }

  /** It has whatever an event says: its app too, where it has one. */
  has(id: string): boolean {
    const seen = [this.journey.receipts, this.handled ?? this.journey.receipts];
    return seen.every((receipts) => receipts.strangers.includes(id));
  }

  /** Asks for a room besides its own; resolves when the server says that what is published from now on arrives. */
  subscribe(room: string): Promise<void> {
    const subscribed = this.journey.subscribed(room);
    this.#sdk?.send({ action: 'subscribe', room });
    return subscribed;
  }

  /** Hangs up; it will be back in `awayMs`. */
  hangUp(awayMs: number): void {
    this.journey.note('hangs up');
    this.#line.stop();
    this.#returning = setTimeout(() => this.#line.start(), awayMs);
  }

  stopReading(): void {
    this.#sdk?.stopReading();
  }

  readOn(): void {
    this.#sdk?.readOn();
  }

  /** By a tunnel, which its app knows nothing of, or because somebody closes the app. */
  #leaveSometime(manner: Comings): void {
    const { awayMs, thereMs } = manner;
    const leave = () => {
      if (this.#isSettled) return;
      const away = this.#random.between(...awayMs);
      // From a tunnel it is back as soon as its app notices.
      if (this.person.habit === 'wanders' && this.#random.chance(0.5)) this.#line.cut();
      else this.hangUp(away);
      this.#habit = setTimeout(leave, away + this.#random.between(...thereMs));
    };
    this.#habit = setTimeout(leave, this.#random.between(...thereMs));
  }
}
