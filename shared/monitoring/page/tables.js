import { make, setText } from './dom.js';
import { counted } from './words.js';

/**
 * @typedef {import('./words.js').InstanceStatus} InstanceStatus
 * @typedef {{ title: string, rows: [string, string][] }} Table
 */

/** What `resumes` counts, in words. @type {Record<string, string>} */
const resumes = {
  recovered: 'nothing missed',
  expired: 'older than the history',
  unknown: 'not in this history',
  invalid: 'not a cursor',
  gaps: 'sessions told of a gap',
};

/** Why connections close, beside their codes. @type {Record<string, string>} */
const closes = {
  1000: 'the client is done',
  1001: 'the client goes away',
  1005: 'no code',
  1006: 'cut off',
  1007: 'not text',
  1009: 'frame too large',
  1011: 'a fault',
  1012: 'restart',
  1013: 'overloaded',
  3000: 'no good token',
  4001: 'token expired',
  4002: 'too slow',
  4008: 'too many frames or connects',
  4009: 'replaced by a newer session',
};

/** The tables of a service: totals since its start, by kind. @param {InstanceStatus} status @returns {Table[]} */
export function tablesOf({ service, counts }) {
  const refused = table('Refused, by reason', counts['refusals'], (code) => code);
  if (service === 'ingest') return [refused];
  if (service === 'push')
    return [table('People, by what woke them or why not', counts['reasons'], (how) => how)];
  return [
    table('Sessions now, by role', counts['sessions'], (role) => role),
    table('Resumes', counts['resumes'], (outcome) => resumes[outcome] ?? outcome),
    table('Closed, by code', counts['closes'], (code) => [code, closes[code] ?? ''].join(' ').trim()),
    refused,
  ];
}

/** @param {string} title @param {Record<string, number> | undefined} counts @param {(name: string) => string} word @returns {Table} */
function table(title, counts = {}, word) {
  return { title, rows: Object.entries(counts).map(([name, count]) => [word(name), counted(count)]) };
}

/** Draws them; touches only what changed. */
export class Tables {
  element = make('div', 'tables');

  /** @param {InstanceStatus} status */
  update(status) {
    const tables = tablesOf(status);
    const names = JSON.stringify(tables.map(({ title, rows }) => [title, rows.map(([name]) => name)]));
    if (this.element.dataset['names'] !== names) {
      this.element.dataset['names'] = names;
      this.element.replaceChildren(...tables.map(drawn));
    }
    const figures = tables.flatMap(({ rows }) => rows.map(([, figure]) => figure));
    this.element.querySelectorAll('td').forEach((cell, index) => setText(cell, figures[index] ?? ''));
  }
}

/** @param {Table} table */
function drawn({ title, rows }) {
  const lines = rows.map(([name]) => {
    const head = make('th', '', name);
    head.setAttribute('scope', 'row');
    return make('tr', '', head, make('td', ''));
  });
  const none = make('p', 'quiet', 'none since the start');
  const body = rows.length === 0 ? none : make('table', '', make('tbody', '', ...lines));
  return make('section', '', make('h3', '', title), body);
}
