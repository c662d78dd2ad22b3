import { Card } from './card.js';
import { byId, make, setLevel, setText } from './dom.js';
import { Path } from './path.js';
import { clock, extended, unreachable, verdictOf } from './words.js';

/**
 * @typedef {import('./words.js').InstanceStatus} InstanceStatus
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
      { status: status.self, url: location.host },
      ...status.peers.flatMap((peer) => ('status' in peer ? [peer] : [])),
    ].sort((one, other) => rank(one.status) - rank(other.status));
    const gone = new Set(this.#known.keys());
    for (const { status: instance } of reached) {
      gone.delete(instance.instance);
      this.#learn(instance, status.now_ms);
    }
    for (const name of gone) this.#forget(name);
    reached.forEach(({ status: instance, url }) => this.#draw(instance, url, status.now_ms));
    this.#path.update([...this.#known.values()]);
    this.#say(verdictOf(status));
    setText(this.#updated, `updated ${clock(this.#lastMs)}`);
  }

  failed() {
    this.#failures += 1;
    if (this.#failures < FAILURES_TO_TELL) return;
    document.body.classList.add('stale');
    this.#say(unreachable(location.host, this.#lastMs));
  }

  paused() {
    setText(this.#updated, `paused at ${clock(this.#lastMs)}`);
  }

  redraw() {
    for (const card of this.#cards.values()) card.redraw();
  }

  /** @param {InstanceStatus} status @param {number} nowMs */
  #learn(status, nowMs) {
    const before = this.#known.get(status.instance)?.series ?? { at_ms: [], columns: {} };
    const series = extended(before, status.series, nowMs - SPAN_MS);
    this.#known.set(status.instance, { status, series });
  }

  /** @param {string} instance */
  #forget(instance) {
    this.#known.delete(instance);
    this.#cards.get(instance)?.element.remove();
    this.#cards.delete(instance);
  }

  /** @param {InstanceStatus} status @param {string} url @param {number} nowMs */
  #draw(status, url, nowMs) {
    const known = this.#known.get(status.instance);
    if (known === undefined) return;
    let card = this.#cards.get(status.instance);
    if (card === undefined) {
      card = new Card(status);
      this.#cards.set(status.instance, card);
      const place = [...this.#cards.keys()].sort(
        (one, other) => rank(this.#known.get(one)?.status) - rank(this.#known.get(other)?.status),
      );
      this.#services.insertBefore(
        card.element,
        this.#services.children[place.indexOf(status.instance)] ?? null,
      );
    }
    card.update(known, url, nowMs);
  }

  /** Changes the document only where the words change: a screen reader speaks each change. @param {Verdict} verdict */
  #say({ level, sentence, complaints }) {
    setLevel(this.#verdict, level);
    setText(this.#sentence, sentence);
    document.title = level === 'good' ? 'roomcast' : `${level === 'bad' ? '✕' : '!'} roomcast: ${sentence}`;
    const lines = JSON.stringify(complaints);
    if (this.#reasons.dataset['lines'] === lines) return;
    this.#reasons.dataset['lines'] = lines;
    this.#reasons.replaceChildren(
      ...complaints.map(({ who, message, code }) =>
        make('li', '', make('span', 'who', who), message, ' ', make('code', '', code)),
      ),
    );
  }
}

/** Ingest comes first, as on an event's way. @param {InstanceStatus | undefined} status */
function rank(status) {
  return status?.service === 'ingest' ? 0 : 1;
}

const page = new Page();
const pause = byId('pause', HTMLButtonElement);
let paused = false;

async function poll() {
  try {
    const response = await fetch(`/status.json?since=${encodeURIComponent(page.since)}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const status = await response.json();
    if (!paused) page.show(status);
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
