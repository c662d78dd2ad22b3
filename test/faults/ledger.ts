/** What a backend said about one version of one appointment, and what became of saying it. */
export interface Fact {
  readonly id: string;
  readonly appointment: number;
  /** 1, 2, 3 … of its appointment, each sent after the one before it was accepted. */
  readonly version: number;
  readonly entrance: 'http' | 'inbox';
  /** Whoever has a phone and does not read it is to be woken. */
  readonly wakes: boolean;
  /** When it was first handed over; it may have been taken from then on. */
  firstTriedMs: number | undefined;
  /** When the caller was told that it is taken. */
  acceptedMs: number | undefined;
  tries: number;
}

/** An event as clients get it: a fact's own, or the companion that goes to the calendar. */
export interface TrackedEvent {
  readonly index: number;
  readonly id: string;
  /** Events of one line have to come in the order of their versions. */
  readonly line: string;
  readonly rooms: ReadonlySet<string>;
  readonly fact: Fact;
}

export interface Draft {
  readonly appointment: number;
  readonly entrance: Fact['entrance'];
  readonly rooms: readonly string[];
  /** `false`: nothing goes to the calendar beside it. */
  readonly hasCompanion?: boolean;
  readonly wakes?: boolean;
}

/** Knows every event there ever was, from before it is sent. */
export class Ledger {
  readonly events: TrackedEvent[] = [];
  readonly facts: Fact[] = [];
  readonly #byId = new Map<string, TrackedEvent>();
  readonly #versions = new Map<number, number>();

  constructor(private readonly run: string) {}

  draft({ appointment, entrance, rooms, hasCompanion = true, wakes = false }: Draft): Fact {
    const version = (this.#versions.get(appointment) ?? 0) + 1;
    this.#versions.set(appointment, version);
    const id = `${this.run}-a${appointment}-v${version}`;
    const fact: Fact = {
      id,
      appointment,
      version,
      entrance,
      wakes,
      firstTriedMs: undefined,
      acceptedMs: undefined,
      tries: 0,
    };
    this.facts.push(fact);
    this.#add(id, `${appointment}`, rooms, fact);
    if (hasCompanion) this.#add(`${id}:calendar`, `${appointment}:calendar`, ['calendar'], fact);
    return fact;
  }

  find(id: string): TrackedEvent | undefined {
    return this.#byId.get(id);
  }

  get accepted(): readonly Fact[] {
    return this.facts.filter(({ acceptedMs }) => acceptedMs !== undefined);
  }

  #add(id: string, line: string, rooms: readonly string[], fact: Fact): void {
    const event = { index: this.events.length, id, line, rooms: new Set(rooms), fact };
    this.events.push(event);
    this.#byId.set(id, event);
  }
}
