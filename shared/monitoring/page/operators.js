import { byId, make, setLevel, setText } from './dom.js';
import { LatestEvents } from './latest-events.js';
import { OperatorCalls, WrongKey } from './operator-calls.js';
import { missingText, sessionTable } from './operator-words.js';

/** @typedef {import('./operator-words.js').Overview} Overview */

const POLL_MS = 5_000;
const INCOMPLETE =
  'More has happened than could be read in 10 s: some events may have got further than is said here.';

/** The part of the page for operators: asks for a key, and shows nothing of it until it has one. */
export class Operators {
  #section = byId('operators', HTMLElement);
  #form = byId('operators-form', HTMLFormElement);
  #input = byId('operators-key', HTMLInputElement);
  #forget = byId('operators-forget', HTMLButtonElement);
  #closed = byId('operators-closed', HTMLElement);
  #said = byId('operators-said', HTMLElement);
  /** @type {OperatorCalls | undefined} */
  #calls;
  #wake = () => {};

  /** @param {() => boolean} isPaused */
  constructor(isPaused) {
    this.isPaused = isPaused;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const key = this.#input.value.trim();
      this.#input.value = '';
      if (key === '') this.#input.focus();
      else void this.#begin(new OperatorCalls(key));
    });
    this.#forget.addEventListener('click', () => {
      this.#end('The key is forgotten.');
      this.#input.focus();
    });
    document.addEventListener('visibilitychange', () => this.#wake());
  }

  /** Whether there is such a part, and whether keys open it. @param {'open' | 'closed' | undefined} state */
  show(state) {
    this.#section.hidden = state === undefined;
    this.#closed.hidden = state !== 'closed';
    this.#form.hidden = state !== 'open' || this.#calls !== undefined;
  }

  /** Asks one time after the other; not while nobody looks. @param {OperatorCalls} calls */
  async #begin(calls) {
    this.#end('Asking …');
    this.#calls = calls;
    this.#form.hidden = true;
    this.#forget.hidden = false;
    /** @type {View | undefined} */
    let view;
    while (!calls.hasEnded) {
      if (view === undefined || !(document.hidden || this.isPaused()))
        view = await this.#refresh(calls, view);
      if (!calls.hasEnded) await this.#pause();
    }
  }

  /** @param {OperatorCalls} calls @param {View | undefined} before */
  async #refresh(calls, before) {
    try {
      /** @type {Overview} */
      const overview = await (await calls.ask('overview')).json();
      if (calls.hasEnded) return before;
      const view = before ?? this.#open(calls);
      view.update(overview);
      setText(this.#said, '');
      return view;
    } catch (error) {
      if (!calls.hasEnded) this.#failed(error);
      before?.outdated();
      return before;
    }
  }

  /** @param {OperatorCalls} calls */
  #open(calls) {
    const view = new View(calls, (error) => this.#failed(error));
    this.#section.append(view.element);
    view.focus();
    return view;
  }

  /** @param {unknown} error */
  #failed(error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof WrongKey) {
      this.#end(why);
      this.#input.focus();
    } else setText(this.#said, why);
  }

  /** Nothing that a key has opened stays. @param {string} why */
  #end(why) {
    this.#calls?.end();
    this.#calls = undefined;
    this.#section.querySelector('.opened')?.remove();
    this.#forget.hidden = true;
    this.#form.hidden = false;
    setText(this.#said, why);
    this.#wake();
  }

  #pause() {
    return new Promise((resolve) => {
      this.#wake = () => resolve(undefined);
      setTimeout(this.#wake, POLL_MS);
    });
  }
}

/** What one key has opened. */
class View {
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
    this.#id.id = 'operators-id';
    this.#id.placeholder = 'its id or cursor';
    for (const [name, value] of [
      ['type', 'text'],
      ['autocomplete', 'off'],
      ['spellcheck', 'false'],
      ['required', ''],
    ])
      this.#id.setAttribute(`${name}`, `${value}`);
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
