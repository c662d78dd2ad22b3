import { byId, setText } from './dom.js';
import { OperatorCalls, WrongKey } from './operator-calls.js';
import { OperatorView } from './operator-view.js';

/** @typedef {import('./operator-words.js').Overview} Overview */

const POLL_MS = 5_000;

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
    if (state !== 'open' && this.#calls !== undefined) this.#end('');
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
    /** @type {OperatorView | undefined} */
    let view;
    while (!calls.hasEnded) {
      if (view === undefined || !(document.hidden || this.isPaused()))
        view = await this.#refresh(calls, view);
      if (!calls.hasEnded) await this.#pause();
    }
  }

  /** @param {OperatorCalls} calls @param {OperatorView | undefined} before */
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
    const view = new OperatorView(calls, (error) => this.#failed(error));
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
