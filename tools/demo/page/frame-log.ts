import { byId, make } from '../../../shared/monitoring/page/dom.js';
import type { Entry } from './recorded-socket.ts';
import { textOf } from './text-of.ts';

const MAX_ENTRIES = 200;
const arrows = { sent: '↑', received: '↓', link: '●', closed: '×' } as const;

/** What passes between phone and delivery, the newest first; each opens to show the whole frame. */
export class FrameLog {
  readonly #list = byId('frames', HTMLOListElement);

  constructor() {
    byId('clear', HTMLButtonElement).addEventListener('click', () => this.#list.replaceChildren());
  }

  add({ kind, text }: Entry): void {
    const frame = kind === 'sent' || kind === 'received' ? readFrame(text) : undefined;
    const name = frame === undefined ? text : nameOf(frame);
    const arrow = make('span', 'arrow', arrows[kind]);
    arrow.ariaLabel = kind;
    const line = [arrow, make('b', '', name), make('time', 'quiet', new Date().toTimeString().slice(0, 8))];
    const about = frame === undefined ? '' : aboutOf(frame);
    const item = make('li', frame !== undefined && 'event' in frame ? `${kind} event` : kind);
    if (frame === undefined) item.append(make('p', '', ...line));
    else {
      const pre = make('pre', '', JSON.stringify(frame, null, 2));
      item.append(make('details', '', make('summary', '', ...line, make('span', 'about quiet', about)), pre));
    }
    this.#list.prepend(item);
    while (this.#list.childElementCount > MAX_ENTRIES) this.#list.lastElementChild?.remove();
  }
}

type Frame = Readonly<Record<string, unknown>>;

/** A token is nobody's to read over a shoulder. */
function readFrame(text: string): Frame {
  const frame = JSON.parse(text) as Frame;
  return 'token' in frame ? { ...frame, token: 'eyJ…' } : frame;
}

function nameOf({ event, type, action }: Frame): string {
  return textOf(event ?? type ?? action) ?? '?';
}

/** The one thing of it that says most. */
function aboutOf(frame: Frame): string {
  const { data, room, code, replayed, recovered, reason, cursor, action } = frame;
  if (frame['type'] === 'resumed') {
    return recovered === true ? `${String(replayed)} missed, all here` : `not all: ${String(reason)}`;
  }
  if (frame['reconnect_after_ms'] !== undefined)
    return `back in ${textOf(frame['reconnect_after_ms']) ?? '?'} ms`;
  if (action === 'auth')
    return cursor === undefined ? 'without a cursor' : `from …${(textOf(cursor) ?? '').slice(-6)}`;
  if (typeof data === 'object' && data !== null) {
    const { customer_name: customer, reason: why } = data as Frame;
    return textOf(customer ?? why) ?? '';
  }
  return textOf(room ?? code) ?? '';
}
