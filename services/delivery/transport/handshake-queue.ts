import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SteadyClock } from '../../../shared/service/clock.ts';

/** Of one turn of the event loop; what a handshake leaves for later in the turn counts where another one follows. */
const SLICE_MS = 5;

/**
 * Spreads handshakes that come together over turns of the event loop, so that events go out in between. Those of one client
 * wait for each other, and keep their order; a client that comes once waits for one handshake of each of the others.
 */
export class HandshakeQueue {
  /** Whose turn is next stands first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #isRunning = false;

  constructor(private readonly now: SteadyClock) {}

  add(client: string, handshake: () => void): void {
    const own = this.#waiting.get(client);
    if (own === undefined) this.#waiting.set(client, [handshake]);
    else own.push(handshake);
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.size > 0) {
      await nextTurn();
      const endMs = this.now() + SLICE_MS;
      do {
        this.#next()?.();
        // Lets it go on: to its token, and to whom it replaces.
        await Promise.resolve();
      } while (this.#waiting.size > 0 && this.now() < endMs);
    }
    this.#isRunning = false;
  }

  #next(): (() => void) | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    const [client, handshakes] = first;
    const next = handshakes.shift();
    this.#waiting.delete(client);
    if (handshakes.length > 0) this.#waiting.set(client, handshakes);
    return next;
  }
}
