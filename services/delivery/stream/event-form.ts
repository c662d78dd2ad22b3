import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { CopyBytes } from './kept-bytes.ts';

/** Wire bytes of an event, and the JSON in them where it stands in one piece. */
export interface Framed {
  readonly wire: Buffer;
  readonly json: Buffer | undefined;
}

let framings = 0;

/** How one transport writes events. One object for all its connections: its bytes are kept with the event. */
export class Framing {
  /** Where an event keeps the bytes. */
  readonly slot = framings++;

  constructor(readonly frame: (form: EventForm) => Framed) {}
}

/** One event under one name and in one size: its JSON, and what each transport made of it. */
export class EventForm {
  /** Of the JSON. */
  readonly size: number;
  /** Of that length from the start: an array that grows reserves 17 places. */
  readonly #wires = Array.from<Buffer | undefined>({ length: framings });
  #json: Buffer;
  #isShared = false;

  constructor(
    json: Buffer,
    readonly name: string,
    readonly cursor: Cursor,
    private readonly onBytesAdded: (bytes: number) => void,
    /** Of wire bytes, where they are kept for long. */
    private readonly copy?: CopyBytes,
  ) {
    this.#json = json;
    this.size = json.byteLength;
  }

  get json(): Buffer {
    return this.#json;
  }

  /** The same bytes for every connection of a transport; made when the first of them is there. */
  as(framing: Framing): Buffer {
    return this.#wires[framing.slot] ?? this.#frame(framing);
  }

  #frame(framing: Framing): Buffer {
    const { wire, json } = this.#kept(framing.frame(this));
    this.#wires[framing.slot] = wire;
    this.onBytesAdded(wire.byteLength);
    // One copy of the JSON is enough.
    if (json !== undefined && !this.#isShared) {
      this.#json = json;
      this.#isShared = true;
      this.onBytesAdded(-this.size);
    }
    return wire;
  }

  #kept(framed: Framed): Framed {
    const wire = this.copy?.(framed.wire);
    if (wire === undefined) return framed;
    const start = (framed.json?.byteOffset ?? 0) - framed.wire.byteOffset;
    return { wire, json: framed.json && wire.subarray(start, start + framed.json.byteLength) };
  }
}
