/**
 * A map that forgets: each entry `maxAgeMs` after it was set, and the oldest first when there are more than
 * `maxEntries`. Relies on the insertion order of `Map`; setting an entry makes it the youngest.
 */
export class ExpiringMap<Key, Value> {
  readonly #entries = new Map<Key, { value: Value; setAtMs: number }>();

  constructor(
    private readonly maxEntries: number,
    private readonly maxAgeMs: number,
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
    this.#forget(nowMs);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  #forget(nowMs: number): void {
    for (const [key, { setAtMs }] of this.#entries) {
      if (this.#entries.size <= this.maxEntries && nowMs - setAtMs < this.maxAgeMs) return;
      this.#entries.delete(key);
    }
  }
}
