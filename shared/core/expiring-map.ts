interface Entry<Value> {
  value: Value;
  readonly setAtMs: number;
}

/** Forgets each entry `maxAgeMs` after it was set, and the oldest above `maxEntries`; setting one makes it the youngest. */
export class ExpiringMap<Key, Value> {
  readonly #entries = new Map<Key, Entry<Value>>();
  /**
   * Goes once through all entries, oldest first, and sees those that are set meanwhile. A new iterator for each look would
   * walk over all that was deleted before the oldest, and grow slower with every entry that is forgotten.
   */
  #upcoming = this.#entries.entries();
  #setSinceItBegan = 0;
  #oldest: readonly [Key, Entry<Value>] | undefined;

  /** `onForgotten`: is told of each entry that is too old or one too many, not of one that was deleted or set again. */
  constructor(
    private readonly maxEntries: number,
    private readonly maxAgeMs: number,
    private readonly onForgotten?: (key: Key, value: Value, nowMs: number) => void,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key, nowMs: number): Value | undefined {
    this.#forget(nowMs);
    return this.#entries.get(key)?.value;
  }

  set(key: Key, value: Value, nowMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, setAtMs: nowMs });
    this.#letGoOfOldTables();
    this.#forget(nowMs);
  }

  /** In the place of what is there, which keeps its age. */
  replace(key: Key, value: Value): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.value = value;
  }

  /** What is there, or what is made and kept from now on. */
  getOrSet(key: Key, nowMs: number, make: () => Value): Value {
    const known = this.get(key, nowMs);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made, nowMs);
    return made;
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  /** Where what is kept is bounded by more than its number. */
  forgetOldest(nowMs: number): void {
    const oldest = this.#findOldest();
    if (oldest === undefined) return;
    const [key, { value }] = oldest;
    this.#entries.delete(key);
    this.onForgotten?.(key, value, nowMs);
  }

  /**
   * A map moves to another table when its own is full, of entries or of gaps. An iterator that stands still, because the
   * oldest entry stays, holds the one where it stopped, with every later one, and all values that were there in between.
   */
  #letGoOfOldTables(): void {
    this.#setSinceItBegan += 1;
    // A new one walks over the gaps before the oldest entry, so not more often than there are entries to make up for it.
    if (this.#setSinceItBegan * 2 < this.#entries.size) return;
    this.#upcoming = this.#entries.entries();
    this.#setSinceItBegan = 0;
  }

  #forget(nowMs: number): void {
    for (let oldest = this.#findOldest(); oldest !== undefined; oldest = this.#findOldest()) {
      const isYoung = nowMs - oldest[1].setAtMs < this.maxAgeMs;
      if (isYoung && this.#entries.size <= this.maxEntries) return;
      this.forgetOldest(nowMs);
    }
  }

  /** The one that was found before, unless it was deleted or set again since. */
  #findOldest(): readonly [Key, Entry<Value>] | undefined {
    while (this.#oldest === undefined || this.#entries.get(this.#oldest[0]) !== this.#oldest[1]) {
      const next = this.#upcoming.next();
      if (next.done === true) {
        // It has seen the last one, which is gone, and would see none that comes.
        this.#upcoming = this.#entries.entries();
        return (this.#oldest = undefined);
      }
      this.#oldest = next.value;
    }
    return this.#oldest;
  }
}
