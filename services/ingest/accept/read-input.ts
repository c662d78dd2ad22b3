import { acceptAll, acceptEvent, type AcceptedEvent, type AcceptOptions } from './accept.ts';
import { acceptCloudEvent, fromBinary } from './cloud-events.ts';
import { parseJson } from './json.ts';
import type { Entrance } from './ports.ts';
import { invalidEvent, problemsOf, under, type Checked, type Refusal } from './problems.ts';
import { EventId } from './schemas.ts';

/** What came in at an entrance, before anything is known about it. */
export interface Input {
  readonly entrance: Entrance;
  readonly wrapping: Wrapping;
  readonly body: Uint8Array;
  /** Of one event that has no id of its own. */
  readonly fallbackId?: string | undefined;
}

export type Wrapping =
  | { readonly kind: 'plain' | 'cloud-event' | 'cloud-events' }
  /** CloudEvents attributes beside the body, by name without prefix. */
  | { readonly kind: 'binary-cloud-event'; readonly attributes: Readonly<Record<string, string>> };

export interface Read {
  readonly events: readonly AcceptedEvent[];
  /** Whether one event was sent, and not an array. */
  readonly single: boolean;
}

/** Any input to its events, or why it is not taken. All of it is taken or nothing. */
export function readInput(input: Input, options: AcceptOptions): Read | Refusal {
  const json = parseJson(input.body, { inexact: input.entrance === 'broadcast' ? 'mend' : 'refuse' });
  if ('problems' in json) return input.wrapping.kind === 'binary-cloud-event' ? inData(json) : json;
  const checked = readEvents(json.value, input, options);
  if ('problems' in checked) return invalidEvent(checked.problems);
  const single = !Array.isArray(json.value) || input.wrapping.kind === 'binary-cloud-event';
  return single
    ? withFallbackId({ events: checked.value, single }, input)
    : { events: checked.value, single };
}

function readEvents(value: unknown, input: Input, options: AcceptOptions): Checked<readonly AcceptedEvent[]> {
  const { wrapping, entrance } = input;
  switch (wrapping.kind) {
    case 'plain':
      if (entrance === 'broadcast') return one(acceptEvent(value, { ...options, withoutRooms: 'everyone' }));
      return acceptAll(value, (item) => acceptEvent(item, options));
    case 'cloud-event':
      return one(acceptCloudEvent(value, options));
    case 'binary-cloud-event':
      return one(acceptCloudEvent(fromBinary(wrapping.attributes, value), options));
    case 'cloud-events':
      if (!Array.isArray(value))
        return { problems: [{ path: '', message: 'expected an array of CloudEvents' }] };
      return acceptAll(value, (item) => acceptCloudEvent(item, options));
  }
}

/** Binary mode sends the data alone; a problem stands where structured mode would have it. */
function inData(refusal: Refusal): Refusal {
  if (refusal.code === 'malformed_json') return refusal;
  return { ...refusal, problems: under('/data', refusal.problems) };
}

function one(checked: Checked<AcceptedEvent>): Checked<readonly AcceptedEvent[]> {
  return 'problems' in checked ? checked : { value: [checked.value] };
}

function withFallbackId(read: Read, { fallbackId }: Input): Read | Refusal {
  if (fallbackId === undefined || read.events.every(({ id }) => id !== undefined)) return read;
  const id = EventId.safeParse(fallbackId);
  if (!id.success) return invalidEvent(under('/id', problemsOf(id.error)));
  return { ...read, events: read.events.map((event) => ({ ...event, id: event.id ?? String(id.data) })) };
}
