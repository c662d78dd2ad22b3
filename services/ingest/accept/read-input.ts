import { acceptAll, acceptEvent, type AcceptedEvent, type AcceptOptions } from './accept.ts';
import { acceptCloudEvent } from './cloud-events.ts';
import { jsonSteps } from './json.ts';
import type { Entrance } from './ports.ts';
import { invalidEvent, problemsOf, under, type Refusal } from './problems.ts';
import { EventId } from './schemas.ts';
import type { Steps } from './steps.ts';

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

export const CLOUD_EVENT = 'application/cloudevents+json';
export const CLOUD_EVENTS = 'application/cloudevents-batch+json';

/** By the media type, or by headers that begin with `prefix`: the attributes of a CloudEvent in binary mode. */
export function wrappingOf(
  contentType: unknown,
  headers: Readonly<Record<string, unknown>>,
  prefix: RegExp,
  decode = (value: string) => value,
): Wrapping {
  const type =
    typeof contentType === 'string' ? contentType.toLowerCase().replace(/;.*/s, '').trim() : undefined;
  if (type === CLOUD_EVENT) return { kind: 'cloud-event' };
  if (type === CLOUD_EVENTS) return { kind: 'cloud-events' };
  const found = Object.entries(headers).flatMap(([name, value]) =>
    prefix.test(name) && typeof value === 'string'
      ? [[name.replace(prefix, ''), decode(value)] as const]
      : [],
  );
  const attributes: Readonly<Record<string, string>> = Object.fromEntries(found);
  return 'specversion' in attributes ? { kind: 'binary-cloud-event', attributes } : { kind: 'plain' };
}

export interface Read {
  readonly events: readonly AcceptedEvent[];
  /** Whether one event was sent, and not an array. */
  readonly single: boolean;
}

/** Any input to its events, or why it is not taken. All of it is taken or nothing. */
export function* readInput(input: Input, options: AcceptOptions): Steps<Read | Refusal> {
  const { entrance, wrapping, body, fallbackId } = input;
  const isBroadcast = entrance === 'broadcast';
  const json = yield* jsonSteps(body, { inexact: isBroadcast ? 'mend' : 'refuse' });
  if ('problems' in json) return 'attributes' in wrapping ? inData(json) : json;
  // Problems name the attributes beside the data as those in one document.
  const value = 'attributes' in wrapping ? { ...wrapping.attributes, data: json.value } : json.value;
  const isMany = Array.isArray(value) && !isBroadcast && wrapping.kind !== 'cloud-event';
  if (wrapping.kind === 'cloud-events' && !isMany)
    return invalidEvent([{ path: '', message: 'expected an array of CloudEvents' }]);
  const acceptOne = (item: unknown) => {
    if (wrapping.kind !== 'plain') return acceptCloudEvent(item, options);
    return acceptEvent(item, { ...options, withoutRooms: isBroadcast ? 'everyone' : 'rule' });
  };
  if (isMany) {
    const all = yield* acceptAll(value, acceptOne);
    return 'problems' in all ? invalidEvent(all.problems) : { events: all.value, single: false };
  }
  const one = acceptOne(value);
  if ('problems' in one) return invalidEvent(one.problems);
  if (fallbackId === undefined || one.value.id !== undefined) return { events: [one.value], single: true };
  const id = EventId.safeParse(fallbackId);
  if (!id.success) return invalidEvent(under('/id', problemsOf(id.error)));
  return { events: [{ ...one.value, id: String(id.data) }], single: true };
}

/** Binary mode sends the data alone; a problem stands where structured mode would have it. */
function inData(refusal: Refusal): Refusal {
  if (refusal.code === 'malformed_json') return refusal;
  return { ...refusal, problems: under('/data', refusal.problems) };
}
