import { acceptEvent, type AcceptedEvent, type AcceptOptions } from './accept.ts';
import { isRecord } from '../../../shared/contract/is-record.ts';
import { problemsOf, renamed, type Checked } from './problems.ts';
import { CloudEventInput } from './schemas.ts';

/** Where CloudEvents keep what our own form calls otherwise. */
export const cloudEventNames = { '/event': '/type', '/timestamp': '/time' };

/** Room names contain neither commas nor spaces; an extension attribute cannot hold a list. */
const SEPARATOR = /\s*,\s*/;

/**
 * One CloudEvents 1.0 event. Its id becomes `source#id`: only the two together are unique, and with the id
 * alone an event of another source would be dropped as a repeat.
 */
export function acceptCloudEvent(input: unknown, options: AcceptOptions): Checked<AcceptedEvent> {
  const parsed = CloudEventInput.safeParse(input);
  const shape = parsed.success ? [] : problemsOf(parsed.error);
  if (!isRecord(input)) return { problems: shape };
  const { type, source, id, time, rooms, data } = input;
  const checked = acceptEvent(
    {
      event: type,
      data,
      id: typeof source === 'string' && typeof id === 'string' ? `${source}#${id}` : undefined,
      timestamp: time,
      rooms: typeof rooms === 'string' ? rooms.trim().split(SEPARATOR) : undefined,
    },
    options,
  );
  if ('value' in checked && shape.length === 0) return checked;
  const rest = 'problems' in checked ? renamed(checked.problems, cloudEventNames) : [];
  // `rooms` is one text here, so a problem cannot lie inside it.
  const atRooms = rest.map((one) => (one.path.startsWith('/rooms/') ? { ...one, path: '/rooms' } : one));
  const said = new Set(shape.map(({ path }) => path));
  return { problems: [...shape, ...atRooms.filter(({ path }) => !said.has(path))] };
}
