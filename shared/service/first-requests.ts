/** Each may take a third of a millisecond, where the code has rested. */
const PER_TURN = 8;

/**
 * Takes the first requests of connections a few a turn of the event loop. Hundreds of connections that come at once are read in one
 * turn; who has been here before does not wait for all of them.
 */
export class FirstRequests {
  readonly #known = new WeakSet<object>();
  readonly #waiting: (() => void)[] = [];
  /** In this turn. */
  #taken = 0;

  /** Calls `go` at once, unless it is the connection's first request and others have had this turn. */
  take(connection: object, go: () => void): void {
    if (this.#known.has(connection)) {
      go();
      return;
    }
    this.#known.add(connection);
    if (this.#taken === 0) setImmediate(() => this.#nextTurn());
    if (this.#taken >= PER_TURN) {
      this.#waiting.push(go);
      return;
    }
    this.#taken += 1;
    go();
  }

  #nextTurn(): void {
    const turn = this.#waiting.splice(0, PER_TURN);
    this.#taken = turn.length;
    if (turn.length > 0) setImmediate(() => this.#nextTurn());
    for (const go of turn) go();
  }
}
