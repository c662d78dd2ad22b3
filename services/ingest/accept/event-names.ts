import { calendarReasons } from '../../../shared/contract/event-kinds.ts';
import { eventNames, kindOf, type EventName } from '../../../shared/contract/event.ts';

export interface ResolvedName {
  readonly name: EventName;
  /** Then it is a calendar.sync with thin data: why somebody is away is not for everybody's calendar. */
  readonly reason?: string;
}

/** Every name that a backend may give: ours, and those of the existing apps, each of them with a dot too. */
const resolved: ReadonlyMap<string, ResolvedName> = new Map([
  ...eventNames.map((name) => [name, { name }] as const),
  ...eventNames.flatMap((name) =>
    withDot(kindOf(name).underscoreName).map((theirs) => [theirs, { name }] as const),
  ),
  ...Object.entries(calendarReasons).flatMap(([reason, theirs]) =>
    [reason, theirs].map((given) => [given, { name: 'calendar.sync', reason }] as const),
  ),
]);

export const acceptedNames: readonly string[] = [...resolved.keys()];

/** Short enough for an answer that says it of each of a thousand events: the dotted twins are left out. */
export const NAME_EXPECTED = `expected one of ${[
  ...eventNames,
  ...acceptedNames.filter((name) => !name.includes('.')),
].join(', ')}`;

export function resolveName(given: string): ResolvedName | undefined {
  return resolved.get(given);
}

function withDot(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name, name.replace('_', '.')];
}
