import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cursor } from '../../shared/contract/cursor.ts';
import { TestClient, type Frame } from '../support/client.ts';
import { readHealth } from '../support/health.ts';
import { examples } from '../../tools/asyncapi/protocol-examples.ts';
import { dialogues, type Dialogue, type Step } from '../support/protocol-examples.ts';
import { tokenFor, type TestRole } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const ANYTHING = '…';
const CURSOR = /^019ab0c2-….{4}$/;

/** Example frames against recorded ones: a documented cursor stands for one real cursor, and for it alone. */
class Placeholders {
  readonly #real = new Map<string, string>();

  /** A documented frame as the client of this run would send it. */
  filledIn(documented: object, token: string): object {
    return Object.fromEntries(
      Object.entries(documented).map(([name, value]: [string, unknown]) => {
        if (name === 'token' && value === 'eyJ…') return [name, token];
        return [name, typeof value === 'string' ? (this.#real.get(value) ?? value) : value];
      }),
    );
  }

  /** A recorded value with placeholders where the documented one has them, and nothing else changed. */
  put(documented: unknown, recorded: unknown): unknown {
    if (typeof documented === 'string' && typeof recorded === 'string') {
      if (documented === ANYTHING) return ANYTHING;
      return CURSOR.test(documented) && this.#isSame(documented, recorded) ? documented : recorded;
    }
    if (!isObject(documented) || !isObject(recorded)) return recorded;
    return Object.fromEntries(
      Object.entries(recorded).map(([name, value]) => {
        const isCounted = name === 'connection_id' && typeof value === 'number';
        return [name, isCounted ? documented[name] : this.put(documented[name], value)];
      }),
    );
  }

  #isSame(documented: string, recorded: string): boolean {
    const known = this.#real.get(documented);
    if (known !== undefined) return known === recorded;
    if (!Cursor.safeParse(recorded).success || [...this.#real.values()].includes(recorded)) return false;
    this.#real.set(documented, recorded);
    return true;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tokenOf(who: string): string {
  const [role, id] = who.split('_');
  return tokenFor(role as TestRole, Number(id));
}

describe('the example sessions of PROTOCOL.md', () => {
  let world: World;
  const recorded: Frame[] = [];
  const placeholders = new Placeholders();

  beforeAll(async () => {
    // No rewind: the examples begin with an empty history. Hardly a mark: between the last two, nothing happens.
    world = await World.start({ env: { REWIND_SECONDS: '0', MARK_INTERVAL_MS: '60000' } });
    calendar = await world.join('secretary', 99);
    for (const dialogue of dialogues()) await play(dialogue);
    const [goodbye] = await Promise.all([
      calendar.until({ type: 'going_away' }),
      world.deliveries[0]?.stop(),
    ]);
    recorded.push(goodbye);
  });
  afterAll(() => world[Symbol.asyncDispose]());
  /** Sees the companion of each event, which is the newest position of all who connect after it. */
  let calendar: TestClient;

  const played: { readonly step: Step; readonly came?: unknown }[] = [];

  async function play({ who, steps }: Dialogue): Promise<void> {
    const token = who === '' ? '' : tokenOf(who);
    const client = await TestClient.open(world.webSocketUrl());
    for (const step of steps) {
      if (step.does === 'client sends') client.send(placeholders.filledIn(step.frame, token));
      else if (step.does === 'backend publishes') {
        await world.publish(step.frame);
        await calendar.until({ event: 'calendar.sync' });
      } else if (step.does === 'server closes') played.push({ step, came: (await client.closed).code });
      else {
        const frame = await client.next();
        recorded.push(frame);
        played.push({ step, came: placeholders.put(step.frame, frame) });
      }
    }
    client.cut();
    await client.closed;
  }

  it('are what the services say, frame for frame and key for key', () => {
    const documented = played.map(({ step }) => ('frame' in step ? step.frame : 'code' in step && step.code));
    const lines = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value));
    expect(lines(played.map(({ came }) => came))).toEqual(lines(documented));
    expect(played.length).toBeGreaterThan(20);
  });

  it.each([
    ...examples('server').flatMap((text) => text.trim().split('\n')),
    ...examples('event-frame').map((text) => JSON.stringify(JSON.parse(text))),
  ])('hold a frame with the keys of %s', (line) => {
    const example = JSON.parse(line) as Frame;
    const shapes = recorded
      .filter(({ type, recovered }) => type === example['type'] && recovered === example['recovered'])
      .map((frame) => Object.keys(frame));
    expect(shapes).toContainEqual(Object.keys(example));
  });
});

describe('the example calls of PROTOCOL.md', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const one = (label: string) => JSON.parse(examples(label)[0] ?? '') as object;

  it('the event is answered by the receipt', async () => {
    const receipt = await world.publish(one('event'));
    expect({ ...receipt, cursor: '' }).toEqual({ ...one('receipt'), cursor: '' });
    expect(Object.keys(receipt)).toEqual(Object.keys(one('receipt')));
  });

  it.each([
    ['cloudevent', '/v1/events', 'application/cloudevents+json', 202],
    ['broadcast', '/broadcast', 'application/json', 200],
  ])('%s is taken by %s', async (label, path, type, status) => {
    expect((await world.post(path, one(label), { 'content-type': type })).status).toBe(status);
  });

  it('an array whose fourth event is not valid is answered by the problem', async () => {
    const good = { event: 'calendar.sync', data: {} };
    const bad = { event: 'appointment.created', data: { provider_id: 0 } };
    const answer = await world.post('/v1/events', [good, good, good, bad]);
    const problem = (await answer.json()) as object;
    expect(problem).toMatchObject(one('problem'));
  });

  it('health has the fields of the example', async () => {
    const { body } = await readHealth(world.healthPort());
    expect(body).toMatchObject({ ...one('health'), stats: expect.anything(), queues: expect.anything() });
    const stats = (health: object) => Object.keys((health as { stats: object }).stats);
    expect(stats(body)).toEqual(expect.arrayContaining(stats(one('health'))));
  });
});
