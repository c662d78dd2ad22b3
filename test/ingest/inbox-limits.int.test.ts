import { describe, expect, it } from '@jest/globals';
import { runBroker } from '../support/broker.ts';
import type { TestClient } from '../support/client.ts';
import { FAR_AHEAD, webhook } from '../support/desk.ts';
import { healthUntil } from '../support/health.ts';
import { HeldInbox } from '../support/held-inbox.ts';
import { liftLimit, limitQueues } from '../support/policies.ts';
import { TEST_MS, scaledMs } from '../support/time.ts';
import { World } from '../support/world.ts';

const AT_ONCE = 50;
const SLOW_MS = scaledMs(TEST_MS);

const limits = [{ 'max-length': 100 }, { 'max-length': 1000 }, { 'max-length-bytes': 50_000 }];

/** Saves of new appointments, and which of them were taken. */
class Saves {
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

  async #sendOne(): Promise<Response> {
    const id = this.#next;
    this.#next += 1;
    const save = webhook('appointment_save.new', { id, ...FAR_AHEAD });
    const answer = await this.world.post('/webhooks/easyappointments', save);
    if (answer.status === 204) this.taken.add(id);
    return answer;
  }
}

async function untilTold(client: TestClient, ids: ReadonlySet<number>): Promise<void> {
  const missing = new Set(ids);
  while (missing.size > 0) {
    for (const { data } of await client.events(1)) missing.delete((data as { id: number }).id);
  }
}

describe('an inbox that a policy of the broker’s operator limits', () => {
  it.each(limits)(
    'under %j refuses a webhook when it is full, long before a confirm is overdue, and loses none that it took',
    async (limit) => {
      await using inbox = await HeldInbox.start();
      await limitQueues(inbox.vhost.name, limit);
      const env = { RABBITMQ_MANAGEMENT_URL: runBroker().managementUrl };
      await using world = await World.start({ amqpUrl: inbox.vhost.url, env });
      await using client = await world.join('admin', 1);
      const saves = new Saves(world);
      const refused = await saves.untilRefused();
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).not.toBeNull();
      expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('is full') as unknown });
      const [ingest] = world.ingests;
      await healthUntil(ingest?.healthPort ?? 0, ({ body }) =>
        body.reasons.some(
          ({ code, message }) =>
            code === 'queue_policy' && message.includes('appointments.inbox: max-length'),
        ),
      );
      await inbox.letGo();
      await saves.untilTaken();
      await untilTold(client, saves.taken);
    },
    SLOW_MS,
  );

  it.each(limits)(
    'loses nothing when %j comes while webhooks wait and more of them come',
    async (limit) => {
      await using inbox = await HeldInbox.start();
      await using world = await World.start({ amqpUrl: inbox.vhost.url });
      await using client = await world.join('admin', 1);
      const saves = new Saves(world);
      await saves.send(3 * AT_ONCE);
      const [refused] = await Promise.all([saves.untilRefused(), limitQueues(inbox.vhost.name, limit)]);
      expect(refused.status).toBe(503);
      await inbox.letGo();
      await saves.untilTaken();
      await untilTold(client, saves.taken);
    },
    SLOW_MS,
  );

  it(
    'takes webhooks again once the limit is lifted, while what it has still waits',
    async () => {
      await using inbox = await HeldInbox.start();
      await limitQueues(inbox.vhost.name, { 'max-length': 100 });
      await using world = await World.start({ amqpUrl: inbox.vhost.url });
      const saves = new Saves(world);
      await saves.untilRefused();
      await liftLimit(inbox.vhost.name);
      await saves.untilTaken();
    },
    SLOW_MS,
  );
});
