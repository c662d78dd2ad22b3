import { byId, make, setText } from '../../../shared/monitoring/page/dom.js';
import { readBookings, sendChange, type Booking, type Change } from './api.ts';
import { clock, minutesOf, slots, timeAt } from './day.ts';

/** Who comes next, so that one click books another one. */
const customers = [
  'Ada Lovelace',
  'Alan Turing',
  'Grace Hopper',
  'Emmy Noether',
  'Leonhard Euler',
  'Mary Jackson',
];

const FIRST_START = 9 * 60;

/** The booking backend: what it has, and the buttons that change it. */
export class BackendForm {
  readonly #form = byId('book', HTMLFormElement);
  readonly #customer = byId('customer', HTMLInputElement);
  readonly #start = byId('start', HTMLSelectElement);
  readonly #minutes = byId('minutes', HTMLSelectElement);
  readonly #answer = byId('answer', HTMLElement);
  readonly #list = byId('bookings', HTMLUListElement);
  /** Undefined until it is known what is booked already. */
  #booked: number | undefined;

  constructor() {
    this.#start.append(...optionsOf());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#book();
    });
  }

  async show(): Promise<void> {
    const { bookings } = await readBookings();
    if (this.#booked === undefined) this.#propose(bookings.length, latestEnd(bookings));
    this.#list.replaceChildren(...bookings.map((booking) => this.#row(booking)));
    byId('none', HTMLElement).hidden = bookings.length > 0;
  }

  async #book(): Promise<void> {
    const [from, minutes] = [Number(this.#start.value), Number(this.#minutes.value)];
    const customer = this.#customer.value;
    const isDone = await this.#change({ do: 'book', customer, start: timeAt(from), minutes });
    if (!isDone) return;
    this.#propose((this.#booked ?? 0) + 1, from + minutes);
  }

  #propose(booked: number, from: number): void {
    this.#booked = booked;
    this.#customer.value = customers[booked % customers.length] ?? '';
    const next = Math.ceil(from / 30) * 30;
    this.#start.value = String(slots.includes(next) ? next : slots[0]);
  }

  async #change(change: Change): Promise<boolean> {
    try {
      await sendChange(change);
      this.#say('');
      return true;
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error));
      return false;
    } finally {
      await this.show();
    }
  }

  #row({ id, customer, start }: Booking): HTMLElement {
    const time = document.createElement('select');
    time.ariaLabel = `Time of ${customer}`;
    time.append(...optionsOf());
    time.value = String(minutesOf(start));
    time.addEventListener(
      'change',
      () => void this.#change({ do: 'move', id, start: timeAt(Number(time.value)) }),
    );
    const cancel = make('button', 'cancel', 'Cancel');
    cancel.ariaLabel = `Cancel ${customer}`;
    cancel.addEventListener('click', () => void this.#change({ do: 'cancel', id }));
    return make('li', '', time, make('span', '', customer), cancel);
  }

  #say(problem: string): void {
    setText(this.#answer, problem);
  }
}

/** Of that day; where nothing is booked, when the day begins. */
function latestEnd(bookings: readonly Booking[]): number {
  const ends = bookings.map(({ end }) => minutesOf(end)).filter((minutes) => minutes !== undefined);
  return ends.length === 0 ? FIRST_START : Math.max(...ends);
}

function optionsOf(): readonly HTMLElement[] {
  return slots.map((minutes) => {
    const option = document.createElement('option');
    option.value = String(minutes);
    option.textContent = clock(minutes);
    return option;
  });
}
