import { make, mark, setLevel, setText } from './dom.js';
import { Plot, plotsOf } from './plots.js';
import { Tables } from './tables.js';
import { counted, duration, levels, titleOf } from './words.js';

/**
 * @typedef {import('./words.js').InstanceStatus} InstanceStatus
 * @typedef {import('./words.js').Known} Known
 */

/** One running service: its state, its plots, and its figures since the start. */
export class Card {
  element = make('section', 'service');
  #badge = make('span', '');
  #where = make('span', 'quiet');
  #facts = make('dl', 'facts');
  #tables = new Tables();
  #state = make('span', 'badge', mark(), this.#badge);
  /** @type {Plot[]} */
  #plots;

  /** @param {InstanceStatus} status */
  constructor({ service, instance }) {
    const title = make('h2', '', titleOf(service));
    title.id = `service-${instance}`;
    this.element.setAttribute('aria-labelledby', title.id);
    this.#plots = plotsOf[service].map((spec) => new Plot(spec));
    this.element.append(
      make('header', '', title, this.#state, this.#where),
      make('div', 'plots', ...this.#plots.map(({ figure }) => figure)),
      this.#tables.element,
      this.#facts,
    );
  }

  /** @param {Known} known @param {number} nowMs */
  update({ status, series, url, lost }, nowMs) {
    const { report, instance } = status;
    this.element.classList.toggle('stale', lost);
    setLevel(this.#state, lost ? 'unknown' : levels[report.status]);
    setText(this.#badge, lost ? 'does not answer' : report.status);
    setText(this.#where, `${instance} · ${url} · up ${duration(report.stats['uptime_seconds'] ?? 0)}`);
    for (const plot of this.#plots) plot.update(series, nowMs);
    this.#tables.update(status);
    this.#setFacts(factsOf(status));
  }

  redraw() {
    for (const plot of this.#plots) plot.draw();
  }

  /** @param {[string, string][]} facts */
  #setFacts(facts) {
    if (this.#facts.childElementCount !== facts.length) {
      this.#facts.replaceChildren(
        ...facts.map(([name]) => make('div', '', make('dt', '', name), make('dd', ''))),
      );
    }
    this.#facts.querySelectorAll('dd').forEach((cell, index) => setText(cell, facts[index]?.[1] ?? ''));
  }
}

/** @param {InstanceStatus} status @returns {[string, string][]} */
function factsOf({ service, report: { stats, queues } }) {
  const inbox = queues.find(({ name }) => name.endsWith('.inbox'));
  /** @param {string} name */
  const total = (name) => counted(stats[name]);
  if (service === 'ingest') {
    return [
      ['accepted', total('accepted')],
      ['refused', total('refused')],
      ['published', total('published')],
      ['repeats', total('repeated')],
      ['webhooks that announce nothing', total('ignored')],
      ['consumers of the inbox', counted(inbox?.consumers)],
    ];
  }
  if (service === 'push') {
    return [
      ['pushed', total('pushed')],
      ['not woken', total('failed')],
      ['devices', total('devices')],
    ];
  }
  return [
    ['events, with calendar.sync', total('total_broadcasts')],
    ['frames to clients', total('total_deliveries')],
    ['frames from clients', total('total_messages')],
    ['connections', total('total_connections')],
    ['rooms in use', total('active_rooms')],
  ];
}
