import type { EventNaming } from '../../../shared/contract/event-naming.ts';
import type { EventForm, Framing } from './event-form.ts';
import type { TimelineEntry } from './timeline.ts';

/** Entries that go in one write; joined once for all who get the same ones. */
export class EntryRun {
  readonly #joined = new Map<EventNaming, JoinedForms>();

  constructor(readonly entries: readonly TimelineEntry[]) {}

  as(naming: EventNaming): JoinedForms {
    const made = this.#joined.get(naming);
    if (made !== undefined) return made;
    const joined = new JoinedForms(this.entries.flatMap(({ frame }) => frame?.as(naming) ?? []));
    this.#joined.set(naming, joined);
    return joined;
  }
}

/** Several events behind one another, the same bytes for every connection of a transport. */
export class JoinedForms {
  /** Of their JSON. */
  readonly largestSize: number;
  readonly #wires = new Map<Framing, Buffer>();

  constructor(readonly forms: readonly EventForm[]) {
    this.largestSize = forms.reduce((largest, { size }) => Math.max(largest, size), 0);
  }

  as(framing: Framing): Buffer {
    const made = this.#wires.get(framing);
    if (made !== undefined) return made;
    const wire = Buffer.concat(this.forms.map((form) => form.as(framing)));
    this.#wires.set(framing, wire);
    return wire;
  }
}
