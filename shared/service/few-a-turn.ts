/** Each may take a third of a millisecond, where the code has rested. */
const PER_TURN = 8;

/**
 * Does what comes together a few a turn of the event loop, in its order, so that whatever else waits gets its turn in between. A turn's
 * callbacks and all that they set off are done before anything new is read.
 */
export class FewATurn {
  readonly #waiting: (() => void)[] = [];
  /** In this turn. */
  #taken = 0;

  /** Calls `go` at once, unless others have had this turn. */
  take(go: () => void): void {
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
