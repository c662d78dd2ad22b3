import { make, mark, setLevel, setText } from './dom.js';
import { momentOf, outcomeOf } from './operator-words.js';

/** @typedef {import('./operator-words.js').LatestEvent} LatestEvent */

const columns = ['Time', 'Event', 'Id', 'Appointment', 'Rooms', 'Who was told'];

/** The table of the last events. A row stays the same element as long as its event is there, so that the focus stays in it. */
export class LatestEvents {
  #body = make('tbody', '');
  #table = make('table', 'events', make('thead', '', make('tr', '', ...columns.map(headOf))), this.#body);
  #none = make('p', 'quiet', 'None since a day before this ingest was started.');
  element = make('div', 'scrolled', this.#none, this.#table);
  /** @type {Map<string, { row: HTMLElement, time: HTMLElement, told: HTMLElement, badge: HTMLElement }>} */
  #rows = new Map();

  /** @param {(id: string) => void} onChosen */
  constructor(onChosen) {
    this.onChosen = onChosen;
    this.update([], 0);
  }

  /** @param {LatestEvent[]} events @param {number} nowMs */
  update(events, nowMs) {
    this.#none.hidden = events.length > 0;
    this.#table.hidden = events.length === 0;
    const ids = new Set(events.map(({ id }) => id));
    for (const [id, { row }] of this.#rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    // From the last to the first: what is there already stays where it is, and newer ones go before it.
    let next = null;
    for (const event of [...events].reverse()) {
      const shown = this.#rows.get(event.id) ?? this.#rowOf(event);
      this.#rows.set(event.id, shown);
      if (shown.row.parentNode === null || shown.row.nextSibling !== next)
        this.#body.insertBefore(shown.row, next);
      next = shown.row;
      const { level, text } = outcomeOf(event.told);
      setText(shown.time, momentOf(event.at, nowMs));
      setLevel(shown.badge, level);
      setText(shown.told, text);
    }
  }

  /** @param {LatestEvent} event */
  #rowOf({ id, event, at, appointment_id, rooms }) {
    const [time, told] = [make('time', ''), make('span', '')];
    time.setAttribute('datetime', at);
    const badge = make('span', 'badge', mark(), told);
    const choose = make('button', 'id', id);
    choose.setAttribute('type', 'button');
    choose.title = `Trace ${id}`;
    choose.addEventListener('click', () => this.onChosen(id));
    const cells = [
      time,
      event,
      choose,
      appointment_id === undefined ? '' : String(appointment_id),
      rooms.join(', '),
      badge,
    ];
    const row = make('tr', '', ...cells.map(cellOf));
    return { row, time, told, badge };
  }
}

/** @param {string} name */
function headOf(name) {
  const head = make('th', '', name);
  head.setAttribute('scope', 'col');
  return head;
}

/** Named for where the columns stand below one another, on a phone. @param {Node | string} content @param {number} index */
function cellOf(content, index) {
  const cell = make('td', '', content);
  cell.dataset['name'] = columns[index] ?? '';
  return cell;
}
