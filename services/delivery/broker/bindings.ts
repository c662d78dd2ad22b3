import {
  EVERYONE,
  personalKindOf,
  routingKeyOf,
  widePatternOf,
  type Address,
} from '../../../shared/contract/routing.ts';
import type { PersonalKind } from '../../../shared/contract/rooms.ts';
import type { Binder } from './binder.ts';

export interface BindingOptions {
  /** Rooms of one kind bound one by one; above it the instance binds the whole kind and filters itself. */
  readonly maxPerKind: number;
  /** How long a room stays bound after its last session, so that a blink costs no binding. */
  readonly lingerMs: number;
}

/**
 * The rooms that this instance is bound to: counted per room, added with the first session, removed a linger
 * after the last. Above `maxPerKind` rooms of a kind one binding `kind.*` stands for all of them, so a storm of
 * connects never waits for bindings one by one; the single ones are removed behind it, and it stays until the
 * kind is empty.
 */
export class Bindings {
  readonly #uses = new Map<Address, number>();
  readonly #lingering = new Map<Address, number>();
  readonly #perKind = new Map<PersonalKind, Set<Address>>();
  readonly #wide = new Set<PersonalKind>();

  constructor(
    private readonly binder: Pick<Binder, 'bind' | 'unbind'>,
    private readonly options: BindingOptions,
  ) {}

  /** Resolves once the broker has confirmed a binding that covers the room. */
  async acquire(room: Address): Promise<void> {
    this.#lingering.delete(room);
    const uses = this.#uses.get(room) ?? 0;
    this.#uses.set(room, uses + 1);
    await this.binder.bind(this.#patternFor(room));
  }

  release(room: Address, nowMs: number): void {
    const uses = (this.#uses.get(room) ?? 0) - 1;
    this.#uses.set(room, Math.max(0, uses));
    if (uses <= 0) this.#lingering.set(room, nowMs + this.options.lingerMs);
  }

  /** Whether a session is in the room, or was until a linger ago. */
  isInUse(room: Address): boolean {
    return this.#uses.has(room);
  }

  /** Removes what nobody needs any more; called about once a second. */
  tick(nowMs: number): void {
    for (const [room, untilMs] of this.#lingering) {
      // Insertion order is the order of expiry: the linger is the same for all.
      if (untilMs > nowMs) return;
      this.#lingering.delete(room);
      this.#uses.delete(room);
      this.#forget(room);
    }
  }

  #patternFor(room: Address): string {
    const kind = personalKindOf(room);
    if (kind === undefined) return routingKeyOf(room);
    const rooms = this.#perKind.get(kind) ?? new Set();
    this.#perKind.set(kind, rooms.add(room));
    if (!this.#wide.has(kind) && rooms.size > this.options.maxPerKind) this.#widen(kind, rooms);
    return this.#wide.has(kind) ? widePatternOf(kind) : routingKeyOf(room);
  }

  #widen(kind: PersonalKind, rooms: ReadonlySet<Address>): void {
    this.#wide.add(kind);
    void this.binder.bind(widePatternOf(kind)).then(() => {
      if (!this.#wide.has(kind)) return;
      for (const room of rooms) this.binder.unbind(routingKeyOf(room));
    });
  }

  #forget(room: Address): void {
    const kind = personalKindOf(room);
    // Every session joins and leaves `everyone`, which stays bound all the same.
    if (room !== EVERYONE) this.binder.unbind(routingKeyOf(room));
    if (kind === undefined) return;
    const rooms = this.#perKind.get(kind);
    rooms?.delete(room);
    if (rooms?.size === 0 && this.#wide.delete(kind)) this.binder.unbind(widePatternOf(kind));
  }
}
