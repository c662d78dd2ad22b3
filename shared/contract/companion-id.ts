const SUFFIX = ':calendar';

/** The id of the thin `calendar.sync` that goes beside an appointment event. */
export function companionIdOf(eventId: string): string {
  return `${eventId}${SUFFIX}`;
}

/** The id of the event beside which one with this id goes; `undefined` where it is no companion's. */
export function eventIdOf(companionId: string): string | undefined {
  return companionId.endsWith(SUFFIX) ? companionId.slice(0, -SUFFIX.length) : undefined;
}
