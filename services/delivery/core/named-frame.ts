import { underscoreNameOf, type EventNaming } from '../../../shared/contract/event-naming.ts';
import { renameEventFrame } from '../../../shared/contract/event.ts';
import type { Entry } from '../../../shared/contract/message.ts';
import { encodeTextFrame, payloadOf } from './text-frame.ts';

/**
 * One event as it goes to sockets: the same bytes for everybody, and the same other bytes for everybody who wants
 * the names of the existing apps. Those are made when the first of them is there, so others never pay for it.
 */
export class NamedFrame {
  readonly dotted: Buffer;
  /** Told how many bytes the second form takes, when it is made. */
  onGrown: ((bytes: number) => void) | undefined;
  readonly #type: string;
  readonly #underscoreName: string | undefined;
  #underscore: Buffer | undefined;

  constructor({ body, type, underscoreName }: Pick<Entry, 'body' | 'type' | 'underscoreName'>) {
    this.dotted = encodeTextFrame(body);
    this.#type = type;
    this.#underscoreName = underscoreName;
  }

  /** Of all forms that there are so far. */
  get bytes(): number {
    return this.dotted.byteLength + (this.#underscore?.byteLength ?? 0);
  }

  as(naming: EventNaming): Buffer {
    return naming === 'dotted' ? this.dotted : (this.#underscore ??= this.#rename());
  }

  #rename(): Buffer {
    const name = this.#underscoreName ?? underscoreNameOf(this.#type);
    const frame = encodeTextFrame(renameEventFrame(payloadOf(this.dotted), this.#type, name));
    this.onGrown?.(frame.byteLength);
    return frame;
  }
}
