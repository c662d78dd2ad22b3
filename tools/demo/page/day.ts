/** The hours that the calendar shows. */
export const FIRST_HOUR = 8;
export const LAST_HOUR = 18;

/** Tomorrow: nobody is woken for what is over. */
export const day = new Date();
day.setDate(day.getDate() + 1);

/** Minutes since midnight of that day, in the zone of this browser; `undefined` for a time of another day. */
export function minutesOf(time: string): number | undefined {
  const at = new Date(time);
  return at.toDateString() === day.toDateString() ? at.getHours() * 60 + at.getMinutes() : undefined;
}

/** The same back. */
export function timeAt(minutes: number): string {
  const at = new Date(day);
  at.setHours(Math.floor(minutes / 60), minutes % 60, 0, 0);
  return at.toISOString();
}

export function clock(minutes: number): string {
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/** Every half hour at which something may begin. */
export const slots = Array.from(
  { length: (LAST_HOUR - FIRST_HOUR) * 2 },
  (_, at) => FIRST_HOUR * 60 + at * 30,
);
