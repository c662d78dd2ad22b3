/**
 * What the part for operators says. Nothing here touches the document.
 *
 * @typedef {import('./words.js').Level} Level
 * @typedef {{ seen: number, delivered: number, pushed: number, written: number, none: number }} Told
 * @typedef {{ id: string, event: string, at: string, appointment_id?: number, rooms: string[], told?: Told }} LatestEvent  at: RFC 3339
 * @typedef {{ role: string, transport: string, sessions: number }} SessionCount
 * @typedef {{ events: LatestEvent[], complete: boolean, sessions: SessionCount[], missing: string[] }} Overview
 */

/** @type {[keyof Told, string][]} */
const stages = [
  ['seen', 'seen'],
  ['delivered', 'delivered'],
  ['pushed', 'pushed'],
  ['written', 'written'],
  ['none', 'not told'],
];

/** Of those whom an event concerns, how many it has reached how far. @param {Told | undefined} told @returns {{ level: Level, text: string }} */
export function outcomeOf(told) {
  if (told === undefined) return { level: 'unknown', text: '–' };
  const parts = stages.filter(([stage]) => told[stage] > 0).map(([stage, word]) => `${told[stage]} ${word}`);
  return {
    level: told.pushed + told.written + told.none === 0 ? 'good' : 'unknown',
    text: parts.join(' · '),
  };
}

/** In UTC, as a trace has it; with the day where that is not today. @param {string} at @param {number} nowMs */
export function momentOf(at, nowMs) {
  const [day, time] = new Date(at).toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length).split('T');
  return day === new Date(nowMs).toISOString().slice(0, 'YYYY-MM-DD'.length) ? `${time}` : `${day} ${time}`;
}

/**
 * A row for each role and a column for each transport, with their sums where there are several.
 *
 * @param {SessionCount[]} counts @returns {{ columns: string[], rows: [string, number[]][] }}
 */
export function sessionTable(counts) {
  const transports = [...new Set(counts.map(({ transport }) => transport))].sort();
  const sumOf = (/** @type {SessionCount[]} */ some) => some.reduce((sum, { sessions }) => sum + sessions, 0);
  /** @param {SessionCount[]} some */
  const figuresOf = (some) => {
    const figures = transports.map((name) => sumOf(some.filter(({ transport }) => transport === name)));
    return transports.length > 1 ? [...figures, sumOf(some)] : figures;
  };
  const roles = [...new Set(counts.map(({ role }) => role))].sort();
  /** @type {[string, number[]][]} */
  const rows = roles.map((name) => [name, figuresOf(counts.filter(({ role }) => role === name))]);
  return {
    columns: transports.length > 1 ? [...transports, 'all'] : transports,
    rows: rows.length > 1 ? [...rows, ['all', figuresOf(counts)]] : rows,
  };
}

/** @param {string[]} missing */
export function missingText(missing) {
  if (missing.length === 0) return '';
  return `No answer from ${missing.join(', ')}: ${missing.length === 1 ? 'its' : 'their'} sessions are not counted.`;
}
