import { underscoreNameOf, type EventNaming } from '../../../shared/contract/event-naming.ts';
import { renameEventFrame } from '../../../shared/contract/event.ts';
import type { EventEntry } from '../../../shared/contract/message.ts';
import { encodeTextFrame, payloadOf } from '../transport/websocket/text-frame.ts';
import { thinEventFrames } from './thin-event.ts';

/**
 * One event as it goes to sockets: the same bytes for everybody, and the same other bytes for everybody who wants
 * the names of the existing apps, or who takes no frame of its size. Those are made when the first of them is there,
 * so others never pay for it.
 */
export class NamedFrame {
  readonly dotted: Buffer;
  /** Told how many bytes a further form takes, when it is made. */
  onBytesAdded: ((bytes: number) => void) | undefined;
  readonly #type: string;
  readonly #underscoreName: string | undefined;
  #underscore: Buffer | undefined;
  /** By naming: without what is long, and without data. */
  readonly #smaller = new Map<EventNaming, readonly Buffer[]>();
  #furtherBytes = 0;

  constructor({ body, type, underscoreName }: Pick<EventEntry, 'body' | 'type' | 'underscoreName'>) {
    this.dotted = encodeTextFrame(body);
    this.#type = type;
    this.#underscoreName = underscoreName;
  }

  /** Of all forms that there are so far. */
  get bytes(): number {
    return this.dotted.byteLength + this.#furtherBytes;
  }

  /** Under a name, and where the whole event is larger than `maxBytes` of payload, as much of it as is not. */
  as(naming: EventNaming, maxBytes = Number.POSITIVE_INFINITY): Buffer {
    const whole = naming === 'dotted' ? this.dotted : (this.#underscore ??= this.#rename());
    if (whole.byteLength <= maxBytes || payloadOf(whole).byteLength <= maxBytes) return whole;
    const smaller = this.#smaller.get(naming) ?? this.#makeSmaller(naming, whole);
    return smaller.find((form) => payloadOf(form).byteLength <= maxBytes) ?? smaller.at(-1) ?? whole;
  }

  #rename(): Buffer {
    const name = this.#underscoreName ?? underscoreNameOf(this.#type);
    const frame = encodeTextFrame(renameEventFrame(payloadOf(this.dotted), this.#type, name));
    this.#grow(frame);
    return frame;
  }

  #makeSmaller(naming: EventNaming, whole: Buffer): readonly Buffer[] {
    const frames = thinEventFrames(payloadOf(whole));
    const forms = frames === undefined ? [] : [frames.thin, frames.bare].map(encodeTextFrame);
    forms.forEach((form) => this.#grow(form));
    this.#smaller.set(naming, forms);
    return forms;
  }

  #grow(form: Buffer): void {
    this.#furtherBytes += form.byteLength;
    this.onBytesAdded?.(form.byteLength);
  }
}
