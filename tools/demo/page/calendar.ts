import type { AppointmentEvent } from '../../../client/src/index.ts';
import { byId, make, setText } from '../../../shared/monitoring/page/dom.js';
import type { Booking } from './api.ts';
import { textOf } from './text-of.ts';
import { clock, day, FIRST_HOUR, LAST_HOUR, minutesOf } from './day.ts';

const NEWS_MS = 6_000;
const LEAVE_MS = 400;
const HOUR = 60;

interface Shown {
  readonly customer: string;
  readonly start: string;
  readonly end: string;
}

/** The day of the provider on the phone. It knows what the first list and the events since have told it, and nothing else. */
export class Calendar {
  readonly #list = byId('calendar', HTMLOListElement);
  readonly #news = byId('news', HTMLElement);
  readonly #items = new Map<string, { readonly element: HTMLElement; readonly shown: Shown }>();
  #hush = 0;

  constructor() {
    const format = new Intl.DateTimeFormat('en', { weekday: 'short', day: 'numeric', month: 'short' });
    setText(byId('day', HTMLElement), format.format(day));
    for (let hour = FIRST_HOUR; hour <= LAST_HOUR; hour += 1) {
      const line = make('li', 'hour', make('span', '', `${hour}:00`));
      line.ariaHidden = 'true';
      line.style.setProperty('--from', String(hour - FIRST_HOUR));
      this.#list.append(line);
    }
  }

  /** What the backend has now, in place of all that was shown. */
  load(bookings: readonly Booking[]): void {
    const ids = new Set(bookings.map(({ id }) => String(id)));
    for (const id of this.#items.keys()) if (!ids.has(id)) this.#remove(id);
    for (const { id, ...shown } of bookings) this.#put(String(id), shown);
  }

  take({ event, data }: AppointmentEvent): void {
    const id = String(data.id);
    const before = this.#items.get(id)?.shown;
    const shown = {
      customer: textOf(data['customer_name']) ?? before?.customer ?? `Appointment ${id}`,
      start: data.start ?? before?.start ?? '',
      end: data.end ?? before?.end ?? '',
    };
    if (event === 'appointment.cancelled') this.#remove(id);
    else this.#put(id, shown);
    const what = { created: 'New', updated: 'Moved', cancelled: 'Cancelled' }[
      event.replace('appointment.', '')
    ];
    this.#tell(`${what ?? event}: ${shown.customer}, ${whenOf(shown.start)}`);
  }

  #put(id: string, shown: Shown): void {
    const [from, to] = [minutesOf(shown.start), minutesOf(shown.end)];
    if (from === undefined || to === undefined) return this.#remove(id);
    const element = this.#items.get(id)?.element ?? this.#make();
    this.#items.set(id, { element, shown });
    element.style.setProperty('--from', String(from / HOUR - FIRST_HOUR));
    element.style.setProperty('--length', String((to - from) / HOUR));
    element.classList.toggle('short', to - from < HOUR);
    element.replaceChildren(
      make('b', '', shown.customer),
      make('span', '', `${clock(from)}\u2009–\u2009${clock(to)}`),
    );
  }

  #make(): HTMLElement {
    const element = make('li', 'appointment');
    this.#list.append(element);
    return element;
  }

  #remove(id: string): void {
    const element = this.#items.get(id)?.element;
    this.#items.delete(id);
    element?.classList.add('gone');
    setTimeout(() => element?.remove(), LEAVE_MS);
  }

  #tell(news: string): void {
    setText(this.#news, news);
    this.#news.classList.add('shown');
    clearTimeout(this.#hush);
    this.#hush = setTimeout(() => this.#news.classList.remove('shown'), NEWS_MS);
  }
}

function whenOf(start: string): string {
  const minutes = minutesOf(start);
  if (minutes !== undefined) return clock(minutes);
  return start === ''
    ? 'time unknown'
    : new Date(start).toLocaleDateString('en', { day: 'numeric', month: 'short' });
}
