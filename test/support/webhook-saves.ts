import type { TestClient } from './client.ts';
import { FAR_AHEAD, webhook } from './test-decider.ts';
import type { World } from './world.ts';

const AT_ONCE = 50;

/** Ingest's environment where it is the inbox that refuses: a depth is read once a second, and the rate would be reached first. */
export const WITHOUT_RATE_LIMIT = { INGEST_RATE_LIMIT: '0' };

/** Webhooks of new appointments, and which of them were answered 204. */
export class WebhookSaves {
  readonly taken = new Set<number>();
  #next = 1;

  constructor(private readonly world: World) {}

  async send(count: number): Promise<Response[]> {
    return Promise.all(Array.from({ length: count }, () => this.#sendOne()));
  }

  /** Until one is refused; its answer. */
  async untilRefused(): Promise<Response> {
    for (;;) {
      const refused = (await this.send(AT_ONCE)).find(({ status }) => status !== 204);
      if (refused !== undefined) return refused;
    }
  }

  async untilTaken(): Promise<void> {
    while ((await this.#sendOne()).status !== 204);
  }

  /** Until the client has been told of all that were taken. */
  async untilTold(client: TestClient): Promise<void> {
    const missing = new Set(this.taken);
    while (missing.size > 0) {
      for (const { data } of await client.events(1)) missing.delete((data as { id: number }).id);
    }
  }

  async #sendOne(): Promise<Response> {
    const id = this.#next;
    this.#next += 1;
    const save = webhook('appointment_save.new', { id, ...FAR_AHEAD });
    const answer = await this.world.post('/webhooks/easyappointments', save);
    if (answer.status === 204) this.taken.add(id);
    return answer;
  }
}
