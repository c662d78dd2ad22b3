import { byId, make, mark, setLevel, setText } from './dom.js';
import { counted, fanOut, greatest, intake, levels, measured, newest, sum } from './words.js';

/**
 * @typedef {import('./words.js').Level} Level
 * @typedef {import('./words.js').Known} Known
 */

/** The four places of an event's way, with figures over all instances. */
export class Path {
  /** @type {Map<string, { item: HTMLElement, figure: HTMLElement, unit: HTMLElement, more: HTMLElement }>} */
  #steps = new Map();

  constructor() {
    const list = byId('path', HTMLOListElement);
    for (const name of ['Ingest', 'RabbitMQ', 'Delivery', 'Clients']) {
      const figure = document.createElement('span');
      const unit = document.createElement('small');
      const more = make('p', 'quiet');
      const title = make('p', 'name', mark(), name);
      const item = make('li', '', title, make('p', 'figure', figure, ' ', unit), more);
      item.dataset['level'] = 'unknown';
      list.append(item);
      this.#steps.set(name, { item, figure, unit, more });
    }
  }

  /** @param {Known[]} known */
  update(known) {
    const all = known.filter(({ lost }) => !lost);
    const ingest = all.filter(({ status }) => status.service === 'ingest');
    const delivery = all.filter(({ status }) => status.service === 'delivery');
    /** @param {Known[]} some @param {string} column */
    const values = (some, column) => some.map(({ series }) => newest(series, column));
    /** @param {string} done @param {Known[]} some @param {string} name */
    const latency = (done, some, name) => {
      const [half, most] = ['p50', 'p99'].map((part) => greatest(values(some, `${name}_${part}_ms`)));
      if (half === undefined) return `nothing ${done} just now`;
      return `${done} in ${measured(half)}\u00a0ms, 99\u00a0% in ${measured(most)}\u00a0ms`;
    };
    const inbox = greatest(values(all, 'inbox'));
    const rejected = greatest(values(all, 'rejected'));
    const own = sum(values(delivery, 'own_queue'));
    const { more, ...taken } = intake(
      sum(values(ingest, 'accepted_per_second')),
      sum(values(ingest, 'refused_per_second')),
    );
    this.#set('Ingest', levelOf(ingest), {
      ...taken,
      more: `${more}${latency('confirmed', ingest, 'confirm')}`,
    });
    this.#set('RabbitMQ', brokerLevel(all), {
      figure: counted(sum([inbox, own])),
      unit: 'waiting',
      more: `inbox ${counted(inbox)} · own ${counted(own)} · rejected ${counted(rejected)}`,
    });
    this.#set(
      'Delivery',
      levelOf(delivery),
      fanOut(values(delivery, 'events_per_second'), values(delivery, 'frames_per_second')),
    );
    this.#set('Clients', levelOf(delivery) === 'bad' ? 'unknown' : levelOf(delivery), {
      figure: counted(sum(values(delivery, 'sessions'))),
      unit: 'sessions',
      more: latency('sent', delivery, 'latency'),
    });
  }

  /** @param {string} name @param {Level} level @param {{ figure: string, unit: string, more: string }} text */
  #set(name, level, text) {
    const step = this.#steps.get(name);
    if (step === undefined) return;
    setLevel(step.item, level);
    setText(step.figure, text.figure);
    setText(step.unit, text.unit);
    setText(step.more, text.more);
  }
}

/** @param {Known[]} some @returns {Level} */
function levelOf(some) {
  if (some.length === 0) return 'unknown';
  const found = some.map(({ status }) => levels[status.report.status]);
  return found.includes('bad') ? 'bad' : found.includes('warn') ? 'warn' : 'good';
}

const brokerTrouble = new Set(['broker_down', 'broker_blocked']);
const brokerWorries =
  /^(broker_alarm|management_unavailable|inbox_.*|messages_dropped|own_queue_backlog|queue_policy|rejected_not_empty)$/;

/** @param {Known[]} all @returns {Level} */
function brokerLevel(all) {
  if (all.length === 0) return 'unknown';
  const codes = all.flatMap(({ status }) => status.report.reasons.map(({ code }) => code));
  if (codes.some((code) => brokerTrouble.has(code))) return 'bad';
  return codes.some((code) => brokerWorries.test(code)) ? 'warn' : 'good';
}
