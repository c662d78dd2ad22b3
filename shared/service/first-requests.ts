import { FewATurn } from './few-a-turn.ts';

/**
 * Takes the first requests of connections a few a turn of the event loop. Hundreds of connections that come at once are read in one
 * turn; who has been here before does not wait for all of them.
 */
export class FirstRequests {
  readonly #known = new WeakSet<object>();
  readonly #turns = new FewATurn();

  /** Calls `go` at once, unless it is the connection's first request and others have had this turn. */
  take(connection: object, go: () => void): void {
    if (this.#known.has(connection)) {
      go();
      return;
    }
    this.#known.add(connection);
    this.#turns.take(go);
  }
}
