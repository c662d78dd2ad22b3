import { Cursor, cursorTimeMs } from '../../../shared/contract/cursor.ts';
import type { Trace, TracedPerson } from '../../../shared/contract/trace.ts';
import { plainLine } from '../../../shared/core/plain-text.ts';

/** Longer than somebody who is connected takes to read an event and to be asked about it. */
const LATE_MS = 5_000;
const GAP = 2;

const enteredBy = {
  events: 'POST /v1/events',
  broadcast: 'POST /broadcast',
  webhook: 'webhook of Easy!Appointments',
  inbox: 'message of appointments.inbox',
  reconciliation: 'comparison with Easy!Appointments',
} as const;

const silences: Partial<Record<Trace['outcome'], string>> = {
  told: 'it was told under the ids of its parts',
  unchanged: 'nobody was told: it shows nothing new',
  stale: 'nobody was told: it is older than what is known, or deletes what is gone',
};

const waysTold = {
  resume: 'by resume',
  rewind: 'by rewind',
  stream: 'by event stream',
  poll: 'by poll',
} as const;

/** What stands in front, and what is said of it. */
type Line = readonly [label: string, text: string];

/** What became of an event, for people; times in UTC, without the day where it is that of the event. */
export function shownTrace(trace: Trace): string {
  const atMs = timeOf(trace);
  const head = [trace.id, trace.event ?? trace.outcome, ...(atMs === undefined ? [] : [dayAndTime(atMs)])];
  const lines: Line[] = [
    ...arrivalLines(trace, atMs),
    ...(trace.rooms === undefined ? [] : [['rooms', trace.rooms.join(', ') || 'calendar alone'] as const]),
    ...trace.people.map((person) => personLine(person, atMs ?? 0)),
    ...laterLines(trace, atMs),
  ];
  const width = GAP + Math.max(...lines.map(([label]) => label.length), 'secretary 2'.length);
  const body = lines.map(([label, text]) => `  ${label.padEnd(width)}${plainLine(text)}`);
  return `${[head.map(plainLine).join('   '), ...body].join('\n')}\n`;
}

/** Which instances it is told without; nothing where all have answered. */
export function noAnswerFrom(missing: readonly string[]): string {
  return missing.length === 0 ? '' : `no answer from ${missing.map(plainLine).join(', ')}\n`;
}

function arrivalLines(
  { entrance, change, appointment_id, confirmed_at, outcome, rejected }: Trace,
  atMs?: number,
) {
  const what = change === undefined ? '' : `, ${change} of appointment ${appointment_id ?? '?'}`;
  const tookMs =
    confirmed_at === undefined || atMs === undefined ? undefined : Date.parse(confirmed_at) - atMs;
  const confirmed = tookMs === undefined ? '' : `; confirmed after ${Math.max(0, tookMs)} ms`;
  const came = entrance === undefined ? 'not kept' : enteredBy[entrance];
  const lines: Line[] = [['in', `${came}${what}${confirmed}`]];
  if (rejected !== undefined)
    lines.push(['rejected', `${rejected.reason}; number ${rejected.number} of roomcast rejected list`]);
  const silence = silences[outcome];
  if (silence !== undefined) lines.push(['told', silence]);
  return lines;
}

function laterLines({ repeats, parts, passed_over, complete }: Trace, atMs = 0): Line[] {
  return [
    ...repeats.map(({ entrance, at }): Line => {
      return ['repeat', `dropped    ${momentOf(at, atMs)}   ${enteredBy[entrance]}`];
    }),
    ...parts.map(({ id, event, rooms }): Line => ['also', `${id}   ${event}   ${rooms.join(', ')}`]),
    ...passed_over.map(({ id, at, entrance, change }): Line => {
      return ['stale', `${change.padEnd(9)}  ${momentOf(at, atMs)}   ${enteredBy[entrance]}, ${id}`];
    }),
    ...(complete ? [] : [['later', 'not all could be read: somebody may have been told since'] as const]),
  ];
}

function personLine(person: TracedPerson, atMs: number): Line {
  const label = `${person.role} ${person.user_id}`;
  const { stage, at, push } = person;
  if (stage === 'none' && push?.stage === 'pushed') {
    return [label, `pushed     ${momentOf(push.at, atMs)}   by ${push.how}; ${whyNobody(person)}`];
  }
  const pushed = push === undefined ? '' : `; ${pushedHow(push, atMs)}`;
  if (stage === 'none') return [label, `nobody     ${whyNobody(person)}${pushed}`];
  const when = at === undefined ? '' : `${momentOf(at, atMs)}   `;
  return [label, `${stage.padEnd(9)}  ${when}${howTold(person, atMs)}${pushed}`];
}

function pushedHow({ stage, at, how }: NonNullable<TracedPerson['push']>, atMs: number): string {
  return stage === 'pushed' ? `pushed ${momentOf(at, atMs)} by ${how}` : `not woken: ${how}`;
}

function howTold({ how = 'live', at, connection_id, instance, reason }: TracedPerson, atMs: number): string {
  const by = how === 'live' ? `connection ${connection_id ?? '?'} on ${instance ?? '?'}` : waysTold[how];
  if (reason === 'connection_gone') return `${by}, gone before it confirmed`;
  if (reason === 'unconfirmed') return `${by}, not confirmed yet`;
  const lateMs = at === undefined ? 0 : Date.parse(at) - atMs;
  return lateMs < LATE_MS ? by : `${by}, ${duration(lateMs)} late`;
}

function whyNobody({ reason = 'no_session', since, as }: TracedPerson): string {
  const from =
    since === undefined ? '' : ` since ${dayAndTime(Date.parse(since)).slice(0, 'YYYY-MM-DD hh:mm'.length)}`;
  switch (reason) {
    case 'revoked':
      return `revoked${from}`;
    case 'other_role':
      return `no session; connected${from} as ${as ?? 'another role'} with this id`;
    case 'connected_later':
      return `connected${from}, later, and not with a cursor from before`;
    case 'no_receipt':
      return `connected${from}, and no receipt of it`;
    default:
      return `no session${from}`;
  }
}

/** When it was stamped; of what is no event, when that was decided. */
function timeOf({ cursor, decided_at, rejected }: Trace): number | undefined {
  const own = Cursor.safeParse(cursor).data;
  if (own !== undefined) return cursorTimeMs(own);
  const at = decided_at ?? rejected?.at;
  return at === undefined ? undefined : Date.parse(at);
}

function dayAndTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1).replace('T', ' ');
}

function momentOf(at: string, eventMs: number): string {
  const [eventDay, [day, time]] = [dayAndTime(eventMs).split(' ')[0], dayAndTime(Date.parse(at)).split(' ')];
  return day === eventDay ? (time ?? '') : `${day ?? ''} ${time ?? ''}`;
}

/** `4 min 11 s`: the two largest units. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const units = [
    ['d', Math.floor(seconds / 86_400)],
    ['h', Math.floor(seconds / 3_600) % 24],
    ['min', Math.floor(seconds / 60) % 60],
    ['s', seconds % 60],
  ] as const;
  const first = units.findIndex(([, count]) => count > 0);
  return units
    .slice(first, first + 2)
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => `${count} ${unit}`)
    .join(' ');
}
