/**
 * What the page says: from what the services report to sentences and figures. Nothing here touches the document.
 *
 * @typedef {'good' | 'warn' | 'bad' | 'unknown'} Level
 * @typedef {{ code: string, message: string }} Reason
 * @typedef {{ name: string, messages: number, consumers: number }} Queue
 * @typedef {{ status: 'healthy' | 'degraded' | 'unhealthy', stats: Record<string, number>, queues: Queue[], reasons: Reason[] }} Report
 * @typedef {{ at_ms: number[], columns: Record<string, (number | null)[]> }} Series
 * @typedef {{ service: 'ingest' | 'delivery', instance: string, report: Report, series: Series }} InstanceStatus
 * @typedef {{ url: string, status: InstanceStatus } | { url: string, failure: string }} PeerStatus
 * @typedef {{ now_ms: number, self: InstanceStatus, peers: PeerStatus[] }} StatusDocument
 * @typedef {{ status: InstanceStatus, series: Series }} Known  what a page has of one instance, with the samples gathered
 * @typedef {{ who: string, message: string, code: string }} Complaint
 * @typedef {{ level: Level, sentence: string, complaints: Complaint[] }} Verdict
 */

const NOTHING = '–';

/** @type {Record<Report['status'], Level>} */
export const levels = { healthy: 'good', degraded: 'warn', unhealthy: 'bad' };

const serviceNames = { ingest: 'Ingest', delivery: 'Delivery' };

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
    ...lost.map(({ url, failure }) => ({
      who: url,
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
      lines.set(key, { ...before, who: `${before.who}, ${complaint.who}` });
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
  const at = [...have.at_ms, ...more.at_ms];
  const first = at.findIndex((atMs) => atMs > afterMs);
  const start = first === -1 ? at.length : first;
  const names = new Set([...Object.keys(have.columns), ...Object.keys(more.columns)]);
  /** @param {Series} series @param {string} name */
  const valuesOf = (series, name) => series.columns[name] ?? series.at_ms.map(() => null);
  return {
    at_ms: at.slice(start),
    columns: Object.fromEntries(
      [...names].map((name) => [name, [...valuesOf(have, name), ...valuesOf(more, name)].slice(start)]),
    ),
  };
}
