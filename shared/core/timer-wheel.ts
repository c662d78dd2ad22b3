/**
 * When each of many is to be looked at. They stand in slots of time, so that a look visits those that are due and no others,
 * however many there are. None is due early, and none more than a slot late.
 */
export class TimerWheel<Item> {
  readonly #slotOf = new Map<Item, number>();
  readonly #slots = new Map<number, Set<Item>>();
  /** Of the last look. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly slotMs: number) {}

  get size(): number {
    return this.#slotOf.size;
  }

  /** All of them, due or not. */
  [Symbol.iterator](): Iterator<Item> {
    return this.#slotOf.keys();
  }

  /** What is past is due at the next look; `Infinity`: never. */
  add(item: Item, dueMs: number): void {
    this.delete(item);
    const slot = Math.max(Math.ceil(dueMs / this.slotMs), this.#lookedAt + 1);
    this.#slotOf.set(item, slot);
    const others = this.#slots.get(slot);
    if (others === undefined) this.#slots.set(slot, new Set([item]));
    else others.add(item);
  }

  /** It is due then, and not when it was before; of one that is not there nothing is kept. */
  move(item: Item, dueMs: number): void {
    if (this.#slotOf.has(item)) this.add(item, dueMs);
  }

  delete(item: Item): void {
    const slot = this.#slotOf.get(item);
    if (slot === undefined) return;
    this.#slotOf.delete(item);
    const others = this.#slots.get(slot);
    others?.delete(item);
    if (others?.size === 0) this.#slots.delete(slot);
  }

  /**
   * Those that are due, slot by slot, as of the moment at which each is reached: one that was deleted or moved meanwhile does not
   * come. Each stays due until it is moved.
   */
  *due(nowMs: number): Generator<Item, void> {
    const present = Math.floor(nowMs / this.slotMs);
    this.#lookedAt = present;
    const slots = [...this.#slots.keys()].filter((slot) => slot <= present).sort((one, other) => one - other);
    for (const slot of slots) yield* this.#slots.get(slot) ?? [];
  }
}
