/**
 * What the page says: from what the services report to sentences and figures. Nothing here touches the document.
 *
 * @typedef {'good' | 'warn' | 'bad' | 'unknown'} Level
 * @typedef {{ code: string, message: string, since?: string }} Reason  since: RFC 3339
 * @typedef {{ name: string, messages: number, consumers: number }} Queue
 * @typedef {{ status: 'healthy' | 'degraded' | 'unhealthy', stats: Record<string, number>, queues: Queue[], reasons: Reason[] }} Report
 * @typedef {{ at_ms: number[], columns: Record<string, (number | null)[]> }} Series
 * @typedef {{ service: 'ingest' | 'delivery' | 'push', instance: string, report: Report, series: Series, counts: Record<string, Record<string, number>> }} InstanceStatus
 * @typedef {{ url: string, status: InstanceStatus } | { url: string, failure: string, since: string }} PeerStatus
 * @typedef {{ now_ms: number, operators?: 'open' | 'closed', self: InstanceStatus, peers: PeerStatus[] }} StatusDocument
 * @typedef {{ status: InstanceStatus, url: string, isSelf: boolean, lost: boolean }} Place  lost: it does not answer just now
 * @typedef {Place & { series: Series }} Known  what a page has of one instance, with the samples gathered
 * @typedef {Reason & { who: string }} Complaint
 * @typedef {{ level: Level, sentence: string, complaints: Complaint[] }} Verdict
 */

const NOTHING = '–';

/** @type {Record<Report['status'], Level>} */
export const levels = { healthy: 'good', degraded: 'warn', unhealthy: 'bad' };

const serviceNames = { ingest: 'Ingest', delivery: 'Delivery', push: 'Push' };

/** @param {InstanceStatus['service']} service */
export function titleOf(service) {
  return serviceNames[service];
}

/** What to say on top, the worst first. @param {StatusDocument} document @returns {Verdict} */
export function verdictOf({ self, peers }) {
  const reached = peers.flatMap((peer) => ('status' in peer ? [peer.status] : []));
  const lost = peers.flatMap((peer) => ('failure' in peer ? [peer] : []));
  const all = [self, ...reached];
  const complaints = merged([
    ...all.flatMap(({ service, report }) => report.reasons.map((reason) => ({ who: service, ...reason }))),
    ...lost.map(({ url, failure, since }) => ({
      who: url,
      since,
      code: 'unreachable',
      message: `It does not answer the ${self.service} service: ${failure}. Look whether it runs, and at its log.`,
    })),
  ]);
  const down = all.filter(({ report }) => report.status === 'unhealthy');
  const has = (/** @type {string} */ code) => complaints.some((complaint) => complaint.code === code);
  if (has('broker_down') && down.length > 0) {
    return { level: 'bad', sentence: 'Events do not flow: RabbitMQ is out of reach.', complaints };
  }
  if (has('broker_blocked') && down.length > 0) {
    return { level: 'bad', sentence: 'No new events are taken: RabbitMQ is blocked.', complaints };
  }
  if (down.length > 0) {
    const names = [...new Set(down.map(({ service }) => titleOf(service)))].join(' and ');
    const verb = names.includes(' and ') ? 'are' : 'is';
    return { level: 'bad', sentence: `${names} ${verb} not ready.`, complaints };
  }
  if (lost.length > 0) {
    const names = lost.map(({ url }) => url).join(' and ');
    return {
      level: 'warn',
      sentence: `${titleOf(self.service)} runs, but ${names} cannot be reached.`,
      complaints,
    };
  }
  if (complaints.length > 0) {
    const what = complaints.length === 1 ? 'one thing needs' : `${complaints.length} things need`;
    return { level: 'warn', sentence: `Events flow, but ${what} a look.`, complaints };
  }
  return { level: 'good', sentence: 'All is well.', complaints };
}

/** @param {string} host @param {number} lastMs @returns {Verdict} */
export function unreachable(host, lastMs) {
  const since = lastMs === 0 ? '' : ` Below is what it said last, at ${clock(lastMs)}.`;
  return {
    level: 'bad',
    sentence: `This page cannot reach its service at ${host}.`,
    complaints: [
      {
        who: 'page',
        code: 'unreachable',
        message: `Look whether the service runs, and whether the way to it is open.${since}`,
      },
    ],
  };
}

/** One line for what several services say in the same words. @param {Complaint[]} complaints */
function merged(complaints) {
  /** @type {Map<string, Complaint>} */
  const lines = new Map();
  for (const complaint of complaints) {
    const key = `${complaint.code} ${complaint.message}`;
    const before = lines.get(key);
    if (before === undefined) lines.set(key, complaint);
    else if (!before.who.split(', ').includes(complaint.who)) {
      const since = [before.since, complaint.since].filter((time) => time !== undefined).sort()[0];
      lines.set(key, { ...before, who: `${before.who}, ${complaint.who}`, ...(since && { since }) });
    }
  }
  return [...lines.values()];
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Small numbers with a decimal, so that 0.5 events a second are not none. @param {number | null | undefined} value */
export function measured(value) {
  if (value === null || value === undefined) return NOTHING;
  return value !== 0 && value < 9.95 ? fine.format(value) : whole.format(value);
}

/** @param {number | null | undefined} value */
export function counted(value) {
  return value === null || value === undefined ? NOTHING : whole.format(value);
}

/** @param {number} seconds */
export function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** @param {number} atMs */
export function clock(atMs) {
  return new Date(atMs).toLocaleTimeString('en-GB');
}

/** When something began, and how long that is ago. @param {string} since @param {number} nowMs */
export function sinceWhen(since, nowMs) {
  const begun = new Date(since);
  const seconds = (nowMs - begun.getTime()) / 1000;
  const isToday = begun.toDateString() === new Date(nowMs).toDateString();
  const day = isToday ? '' : `${begun.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} `;
  // By the minute: what changes every second is hard to read, and no news.
  return `since ${day}${clock(begun.getTime())}${seconds < 60 ? '' : `, ${duration(seconds)}`}`;
}

/** Places on the page: as on an event's way, this service first, then by address. @param {Place} one @param {Place} other */
export function inOrder(one, other) {
  const rank = (/** @type {Place} */ { status }) => (status.service === 'ingest' ? 0 : 1);
  return (
    rank(one) - rank(other) ||
    Number(other.isSelf) - Number(one.isSelf) ||
    one.url.localeCompare(other.url, 'en', { numeric: true })
  );
}

/** What ingest does just now: when it only refuses, that. @param {number | undefined} accepted @param {number | undefined} refused */
export function intake(accepted, refused) {
  if (!accepted && refused) return { figure: measured(refused), unit: 'refused/s', more: '' };
  const more = refused ? `${measured(refused)} refused/s · ` : '';
  return { figure: measured(accepted), unit: 'events/s', more };
}

/**
 * Events on their way to clients. Each instance gets those of its own rooms, many the same as others': their sum would
 * count copies, so it is the busiest that is shown.
 *
 * @param {(number | null | undefined)[]} events @param {(number | null | undefined)[]} frames
 */
export function fanOut(events, frames) {
  const sent = `${measured(sum(frames))} frames/s to clients`;
  const more = events.length > 1 ? `busiest of ${events.length} instances · ${sent}` : sent;
  return { figure: measured(greatest(events)), unit: 'events/s', more };
}

/** @param {(number | null | undefined)[]} values */
export function sum(values) {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
}

/** @param {(number | null | undefined)[]} values */
export function greatest(values) {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? undefined : Math.max(...known);
}

/** The newest value of a column. @param {Series} series @param {string} name */
export function newest(series, name) {
  return series.columns[name]?.at(-1);
}

/**
 * Adds what is new and forgets what is older than a time.
 *
 * @param {Series} have @param {Series} more @param {number} afterMs @returns {Series}
 */
export function extended(have, more, afterMs) {
  // A service that is asked by many sends all it has.
  const known = more.at_ms.filter((atMs) => atMs <= (have.at_ms.at(-1) ?? 0)).length;
  const at = [...have.at_ms, ...more.at_ms.slice(known)];
  const first = at.findIndex((atMs) => atMs > afterMs);
  const start = first === -1 ? at.length : first;
  const names = new Set([...Object.keys(have.columns), ...Object.keys(more.columns)]);
  /** @param {Series} series @param {string} name */
  const valuesOf = (series, name) => series.columns[name] ?? series.at_ms.map(() => null);
  return {
    at_ms: at.slice(start),
    columns: Object.fromEntries(
      [...names].map((name) => [
        name,
        [...valuesOf(have, name), ...valuesOf(more, name).slice(known)].slice(start),
      ]),
    ),
  };
}
