import type { RoomcastClient } from '../../../client/src/index.ts';
import { byId, make, setText } from '../../../shared/monitoring/page/dom.js';
import { closePhone, readRung, type Rung } from './api.ts';
import type { Entry } from './recorded-socket.ts';

const LOOK_MS = 500;

/** The switch that closes the phone's app, and the notifications that it then shows. */
export class ClosedPhone {
  readonly #switch = byId('app', HTMLInputElement);
  readonly #screen = byId('screen', HTMLElement);
  readonly #list = byId('rung', HTMLOListElement);
  readonly #name = crypto.randomUUID();
  #known = '[]';

  constructor(
    private readonly client: Pick<RoomcastClient, 'start' | 'stop'>,
    private readonly log: { add(entry: Entry): void },
  ) {
    this.#switch.addEventListener('change', () => void this.#turn(this.#switch.checked));
  }

  /** There is a push service that wakes it. */
  show(): void {
    byId('app-switch', HTMLElement).hidden = false;
  }

  async #turn(open: boolean): Promise<void> {
    this.#switch.disabled = true;
    try {
      if (open) await this.#open();
      else await this.#close();
    } catch (error) {
      this.log.add({ kind: 'closed', text: String(error) });
      this.#switch.checked = !open;
    } finally {
      this.#switch.disabled = false;
    }
  }

  async #open(): Promise<void> {
    await closePhone(this.#name, false);
    this.#screen.hidden = true;
    this.client.start();
  }

  async #close(): Promise<void> {
    await closePhone(this.#name, true);
    this.client.stop();
    this.#show([]);
    this.#screen.hidden = false;
    this.log.add({ kind: 'closed', text: 'the app is closed' });
    void this.#look();
  }

  async #look(): Promise<void> {
    while (!this.#screen.hidden) {
      this.#show(await readRung(this.#name).catch(() => []));
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #show(rung: readonly Rung[]): void {
    const text = JSON.stringify(rung);
    if (text === this.#known) return;
    this.#known = text;
    const [newest] = rung;
    if (newest !== undefined) this.log.add({ kind: 'link', text: `push: ${newest.title}` });
    this.#list.replaceChildren(
      ...rung.map(({ title, body }) => make('li', '', make('b', '', title), make('span', '', body))),
    );
    setText(byId('asleep', HTMLElement), rung.length === 0 ? 'The app is closed.' : '');
  }
}
