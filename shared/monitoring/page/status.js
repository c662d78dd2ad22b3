import { Card } from './card.js';
import { byId, make, setLevel, setText } from './dom.js';
import { Operators } from './operators.js';
import { Path } from './path.js';
import { clock, extended, inOrder, sinceWhen, unreachable, verdictOf } from './words.js';

/**
 * @typedef {import('./words.js').Place} Place
 * @typedef {import('./words.js').StatusDocument} StatusDocument
 * @typedef {import('./words.js').Verdict} Verdict
 * @typedef {import('./words.js').Known} Known
 */

const POLL_MS = 1_000;
const TIMEOUT_MS = 2_500;
const SPAN_MS = 600_000;
/** One failed poll may be a hiccup. */
const FAILURES_TO_TELL = 2;

class Page {
  #verdict = byId('verdict', HTMLElement);
  #sentence = byId('sentence', HTMLElement);
  #reasons = byId('reasons', HTMLUListElement);
  #services = byId('services', HTMLElement);
  #updated = byId('updated', HTMLElement);
  #path = new Path();
  /** @type {Map<string, Known>} */
  #known = new Map();
  /** @type {Map<string, Card>} */
  #cards = new Map();
  #lastMs = 0;
  #failures = 0;

  /** What we have of each instance, so that we are sent the rest only. */
  get since() {
    return [...this.#known].map(([name, { series }]) => `${name}:${series.at_ms.at(-1) ?? 0}`).join(',');
  }

  /** @param {StatusDocument} status */
  show(status) {
    this.#failures = 0;
    this.#lastMs = Date.now();
    document.body.classList.remove('stale');
    const reached = [
      { status: status.self, url: location.host, isSelf: true },
      ...status.peers.flatMap((peer) => ('status' in peer ? [{ ...peer, isSelf: false }] : [])),
    ];
    const silent = new Set(status.peers.flatMap((peer) => ('failure' in peer ? [peer.url] : [])));
    for (const [instance, known] of this.#known) {
      if (reached.some((one) => one.status.instance === instance)) continue;
      // One that misses an answer keeps its place; one that is gone, or has a successor there, does not.
      if (silent.has(known.url)) known.lost = true;
      else this.#forget(instance);
    }
    for (const place of reached) this.#learn({ ...place, lost: false }, status.now_ms);
    this.#draw(status.now_ms);
    this.#path.update([...this.#known.values()]);
    this.#say(verdictOf(status), status.now_ms);
    setText(this.#updated, `updated ${clock(this.#lastMs)}`);
  }

  failed() {
    this.#failures += 1;
    if (this.#failures < FAILURES_TO_TELL) return;
    document.body.classList.add('stale');
    this.#say(unreachable(location.host, this.#lastMs), Date.now());
  }

  paused() {
    setText(this.#updated, `paused at ${clock(this.#lastMs)}`);
  }

  redraw() {
    for (const card of this.#cards.values()) card.redraw();
  }

  /** @param {Place} place @param {number} nowMs */
  #learn(place, nowMs) {
    const { instance, series: more } = place.status;
    const before = this.#known.get(instance)?.series ?? { at_ms: [], columns: {} };
    this.#known.set(instance, { ...place, series: extended(before, more, nowMs - SPAN_MS) });
  }

  /** @param {string} instance */
  #forget(instance) {
    this.#known.delete(instance);
    this.#cards.get(instance)?.element.remove();
    this.#cards.delete(instance);
  }

  /** A card for each, in an order that does not depend on who answered first. @param {number} nowMs */
  #draw(nowMs) {
    [...this.#known.values()].sort(inOrder).forEach((known, index) => {
      const { instance } = known.status;
      const card = this.#cards.get(instance) ?? new Card(known.status);
      this.#cards.set(instance, card);
      const there = this.#services.children[index] ?? null;
      if (there !== card.element) this.#services.insertBefore(card.element, there);
      card.update(known, nowMs);
    });
  }

  /** Changes the document only where the words change: a screen reader speaks each change. @param {Verdict} verdict @param {number} nowMs */
  #say({ level, sentence, complaints }, nowMs) {
    setLevel(this.#verdict, level);
    setText(this.#sentence, sentence);
    document.title = level === 'good' ? 'roomcast' : `${level === 'bad' ? '✕' : '!'} roomcast: ${sentence}`;
    const told = complaints.map(({ who, message, code, since }) => ({
      ...{ who, message, code },
      when: since === undefined ? '' : sinceWhen(since, nowMs),
    }));
    const lines = JSON.stringify(told);
    if (this.#reasons.dataset['lines'] === lines) return;
    this.#reasons.dataset['lines'] = lines;
    this.#reasons.replaceChildren(
      ...told.map(({ who, message, code, when }) =>
        make(
          'li',
          '',
          make('span', 'who', who),
          message,
          ' ',
          make('code', '', code),
          ' ',
          make('span', 'when', when),
        ),
      ),
    );
  }
}

const page = new Page();
const pause = byId('pause', HTMLButtonElement);
let paused = false;
const operators = new Operators(() => paused);

async function poll() {
  try {
    const response = await fetch(`/status.json?since=${encodeURIComponent(page.since)}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const status = await response.json();
    if (paused) return;
    page.show(status);
    operators.show(status.operators);
  } catch {
    if (!paused) page.failed();
  }
}

let wake = () => {};

/** One poll after the other; none while nobody looks. */
async function run() {
  for (;;) {
    if (!paused && !document.hidden) await poll();
    await new Promise((resolve) => {
      wake = () => resolve(undefined);
      setTimeout(wake, POLL_MS);
    });
  }
}

pause.addEventListener('click', () => {
  paused = !paused;
  pause.ariaPressed = String(paused);
  if (paused) page.paused();
  wake();
});
document.addEventListener('visibilitychange', () => wake());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => page.redraw());
void run();
