const SUFFIX = ':calendar';
/** Of what ingest makes beside one event, and of what it tells of one of two saves of one second. */
const DERIVED = /:(?:calendar|customer|assigned|reassigned|tie-\d+)$/;

/** The id of the thin `calendar.sync` that goes beside an appointment event. */
export function companionIdOf(eventId: string): string {
  return `${eventId}${SUFFIX}`;
}

/** The id of the event beside which one with this id goes; `undefined` where it is no companion's. */
export function eventIdOf(companionId: string): string | undefined {
  return companionId.endsWith(SUFFIX) ? companionId.slice(0, -SUFFIX.length) : undefined;
}

/** Whether an id has a form that ingest gives: with it, a backend's event and one of ours would be taken for one. */
export function isDerivedId(id: string): boolean {
  return DERIVED.test(id);
}

/** The id of the message or event that one with this id was made of. */
export function originalIdOf(id: string): string {
  return isDerivedId(id) ? originalIdOf(id.replace(DERIVED, '')) : id;
}
