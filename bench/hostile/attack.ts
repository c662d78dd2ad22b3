/** What an attacker knows of the system, and what its attack needs. */
export interface Target {
  readonly ports: Ports;
  readonly amqpUrl: string;
  /** Signs good tokens: some attackers are users. */
  readonly secret: string;
  /** Some are backends. */
  readonly apiKey: string;
  /** The oldest entry of the history; `undefined` for an attack that needs none. */
  readonly oldestCursor: string | undefined;
}

export interface Ports {
  readonly client: number;
  readonly deliveryHealth: number;
  readonly ingest: number;
  readonly ingestHealth: number;
}

/** What one attacker does, in a process of its own, until it is stopped. */
export interface Attack {
  readonly name: string;
  /** For the table of results. */
  readonly does: string;
  /** Settings of the services under which it is dangerous. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it reads a long history. */
  readonly readsHistory?: boolean;
  readonly run: (target: Target, tally: Tally) => Promise<unknown>;
}

/** What became of an attack, as its attacker saw it. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  longest(what: string, value: number): void {
    this.#counts.set(what, Math.max(this.#counts.get(what) ?? 0, Math.round(value)));
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
