import { make, setLevel, setText } from './dom.js';
import { LatestEvents } from './latest-events.js';
import { WrongKey } from './operator-calls.js';
import { missingText, sessionTable } from './operator-words.js';

/**
 * @typedef {import('./operator-calls.js').OperatorCalls} OperatorCalls
 * @typedef {import('./operator-words.js').Overview} Overview
 */

const INCOMPLETE =
  'More has happened than could be read in 10 s: some events may have got further than is said here.';

/** What one key has opened. */
export class OperatorView {
  #events = new LatestEvents((id) => this.#trace(id));
  #incomplete = make('p', 'quiet', INCOMPLETE);
  #sessions = make('div', '');
  #missing = make('p', 'missing');
  #id = document.createElement('input');
  #traced = make('pre', 'traced');
  /** Of the id that was asked for last. */
  #asked = 0;
  element;

  /** @param {OperatorCalls} calls @param {(error: unknown) => void} onWrongKey */
  constructor(calls, onWrongKey) {
    this.calls = calls;
    this.onWrongKey = onWrongKey;
    setLevel(this.#missing, 'warn');
    this.element = make(
      'div',
      'opened',
      this.#traceForm(),
      make('section', '', make('h3', '', 'Last 50 events'), this.#incomplete, this.#events.element),
      make('section', '', make('h3', '', 'Sessions of all instances'), this.#sessions, this.#missing),
    );
  }

  focus() {
    this.#id.focus();
  }

  /** @param {Overview} overview */
  update({ events, complete, sessions, missing }) {
    this.element.classList.remove('stale');
    this.#events.update(events, Date.now());
    this.#incomplete.hidden = complete;
    setText(this.#missing, missingText(missing));
    const lines = JSON.stringify(sessions);
    if (this.#sessions.dataset['lines'] === lines) return;
    this.#sessions.dataset['lines'] = lines;
    this.#sessions.replaceChildren(
      sessions.length === 0 ? make('p', 'quiet', 'Nobody is connected.') : tableOf(sessions),
    );
  }

  outdated() {
    this.element.classList.add('stale');
  }

  #traceForm() {
    const form = make('form', 'asking');
    const label = make('label', '', 'Trace an event');
    Object.assign(this.#id, { id: 'operators-id', type: 'text', placeholder: 'its id or cursor' });
    Object.assign(this.#id, { autocomplete: 'off', spellcheck: false, required: true });
    label.setAttribute('for', this.#id.id);
    const button = make('button', '', 'Trace');
    form.append(label, this.#id, button);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const id = this.#id.value.trim();
      if (id !== '') this.#trace(id);
    });
    this.#traced.hidden = true;
    this.#traced.tabIndex = 0;
    this.#traced.setAttribute('role', 'region');
    this.#traced.setAttribute('aria-live', 'polite');
    this.#traced.setAttribute('aria-label', 'Trace');
    return make('section', '', form, this.#traced);
  }

  /** @param {string} id */
  #trace(id) {
    this.#id.value = id;
    this.#traced.hidden = false;
    setText(this.#traced, 'Asking …');
    this.#asked += 1;
    void this.#show(id, this.#asked);
  }

  /** @param {string} id @param {number} asked */
  async #show(id, asked) {
    const text = await this.#textOf(id);
    if (this.calls.hasEnded || asked !== this.#asked) return;
    setText(this.#traced, text);
    this.#traced.scrollIntoView({ block: 'nearest' });
  }

  /** @param {string} id */
  async #textOf(id) {
    try {
      return await (await this.calls.ask(`events/${encodeURIComponent(id)}?as=text`)).text();
    } catch (error) {
      if (error instanceof WrongKey) this.onWrongKey(error);
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** @param {import('./operator-words.js').SessionCount[]} sessions */
function tableOf(sessions) {
  const { columns, rows } = sessionTable(sessions);
  /** @param {string} name @param {string} scope */
  const headOf = (name, scope) => {
    const head = make('th', '', name);
    head.setAttribute('scope', scope);
    return head;
  };
  const heads = make('tr', '', make('td', ''), ...columns.map((name) => headOf(name, 'col')));
  const lines = rows.map(([name, figures]) =>
    make('tr', '', headOf(name, 'row'), ...figures.map((figure) => make('td', '', String(figure)))),
  );
  return make('table', '', make('thead', '', heads), make('tbody', '', ...lines));
}
