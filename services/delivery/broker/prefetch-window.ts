/** The broker is asked how far it has got after so much of the prefetch. */
const ASK_AFTER = 0.25;

/**
 * Tells whether a message may have waited at the broker because as many as the prefetch were unacknowledged. An
 * acknowledgement is not answered, so a request follows it on the same channel from time to time: once that is answered, the
 * broker has read the acknowledgement, and what it had sent before its answer is here.
 */
export class PrefetchWindow {
  #acknowledged = 0;
  #asking = false;

  constructor(
    private readonly prefetch: number,
    /** Resolves when the broker has answered a request on the channel. */
    private readonly ask: () => Promise<unknown>,
  ) {}

  /** Whether the broker may have stopped handing messages over when it sent this one. */
  isFullAt(deliveryTag: number): boolean {
    return deliveryTag - this.#acknowledged >= this.prefetch;
  }

  acknowledged(deliveryTag: number): void {
    if (this.#asking || deliveryTag - this.#acknowledged < this.prefetch * ASK_AFTER) return;
    this.#asking = true;
    this.ask().then(
      () => {
        this.#asking = false;
        this.#acknowledged = deliveryTag;
      },
      // The channel is gone, and this window with it.
      () => undefined,
    );
  }
}
