interface Amount {
  readonly messages: number;
  readonly bytes: number;
}

/** What the broker has not confirmed yet, and its bounds. */
export class Unconfirmed {
  #messages = 0;
  #bytes = 0;
  /** What was refused last. */
  #wanted: Amount | undefined;

  constructor(
    private readonly max: Amount,
    /** What was refused last would fit now. */
    private readonly onRoom: () => void,
  ) {}

  get messages(): number {
    return this.#messages;
  }

  add(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
    if (this.#wanted === undefined || !this.#fits(this.#wanted)) return;
    this.#wanted = undefined;
    this.onRoom();
  }

  hasRoomFor(amount: Amount): boolean {
    if (this.#fits(amount)) return true;
    this.#wanted = amount;
    return false;
  }

  /** What is larger than a bound by itself goes alone: it would never fit otherwise. */
  #fits({ messages, bytes }: Amount): boolean {
    if (this.#messages === 0) return true;
    return this.#messages + messages <= this.max.messages && this.#bytes + bytes <= this.max.bytes;
  }
}
