import type { Cursor } from '../../../shared/contract/cursor.ts';
import { underscoreNameOf, type EventNaming } from '../../../shared/contract/event-naming.ts';
import { renameEventFrame } from '../../../shared/contract/event.ts';
import type { EventEntry } from '../../../shared/contract/message.ts';
import { EventForm } from './event-form.ts';
import type { CopyBytes } from './kept-bytes.ts';
import { thinEventFrames } from './thin-event.ts';

/**
 * One event as it goes to clients: the same form for everybody, and the same other form for everybody who wants
 * the names of the existing apps, or who takes no frame of its size. Those are made when the first of them is there,
 * so others never pay for it.
 */
export class NamedFrame {
  readonly dotted: EventForm;
  /** Told how many bytes more it keeps, when a further form or its wire bytes are made. */
  onBytesAdded: ((bytes: number) => void) | undefined;
  readonly #underscoreName: string;
  #underscore: EventForm | undefined;
  /** By naming: without what is long, and without data. */
  #smaller: Map<EventNaming, readonly EventForm[]> | undefined;
  #bytes = 0;
  readonly #grow = (bytes: number): void => {
    this.#bytes += bytes;
    this.onBytesAdded?.(bytes);
  };

  /** `copy` where it is kept for long. */
  constructor(
    {
      body,
      type,
      underscoreName = underscoreNameOf(type),
      cursor,
    }: Pick<EventEntry, 'body' | 'type' | 'underscoreName' | 'cursor'>,
    private readonly copy?: CopyBytes,
  ) {
    // A copy: the body is a piece of what was read from the broker's socket, which would be kept whole.
    this.dotted = this.#form(copy?.(body) ?? Buffer.from(body), type, cursor);
    this.#underscoreName = underscoreName;
  }

  /** Of all buffers that there are so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Under a name, and where the whole event is larger than `maxBytes` of JSON, as much of it as is not. */
  as(naming: EventNaming, maxBytes = Number.POSITIVE_INFINITY): EventForm {
    const whole = naming === 'dotted' ? this.dotted : (this.#underscore ??= this.#rename());
    if (whole.size <= maxBytes) return whole;
    const smaller = this.#smaller?.get(naming) ?? this.#makeSmaller(naming, whole);
    return smaller.find((form) => form.size <= maxBytes) ?? smaller.at(-1) ?? whole;
  }

  #rename(): EventForm {
    const { json, name, cursor } = this.dotted;
    return this.#form(renameEventFrame(json, name, this.#underscoreName), this.#underscoreName, cursor);
  }

  #makeSmaller(naming: EventNaming, { json, name, cursor }: EventForm): readonly EventForm[] {
    const frames = thinEventFrames(json);
    const forms = frames === undefined ? [] : [frames.thin, frames.bare];
    const smaller = forms.map((form) => this.#form(form, name, cursor));
    this.#smaller ??= new Map();
    this.#smaller.set(naming, smaller);
    return smaller;
  }

  #form(json: Buffer, name: string, cursor: Cursor): EventForm {
    this.#grow(json.byteLength);
    return new EventForm(json, name, cursor, this.#grow, this.copy);
  }
}
