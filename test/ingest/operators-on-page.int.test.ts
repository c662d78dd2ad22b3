import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appointment } from '../support/events.ts';
import { problemIn } from '../support/ingest.ts';
import { Operator, OPERATOR_ENV, OPERATOR_KEY } from '../support/operator.ts';
import { tokenFor } from '../support/tokens.ts';
import { TEST_KEY, World } from '../support/world.ts';

const log: string[] = [];
let world: World;
beforeAll(async () => {
  world = await World.start({ log, env: { ...OPERATOR_ENV, INGEST_MAX_BAD_KEYS: '1000' } });
});
afterAll(() => world[Symbol.asyncDispose]());

const healthPortOf = ({ ingests }: World) => ingests[0]?.healthPort ?? 0;
/** Calls of the health port, where the status page is. */
const onHealthPort = (of: World, key?: string) =>
  new Operator({ ingests: [{ httpPort: healthPortOf(of) }] }, key);

const shown = ['overview', 'events/some'];
/** Every call of operators, by the document of the port of HTTP in. */
async function otherCalls() {
  const document = await fetch(`http://127.0.0.1:${world.ingests[0]?.httpPort ?? 0}/openapi.json`);
  const { paths } = (await document.json()) as { paths: Record<string, object> };
  return Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => ({
        method: method.toUpperCase() as 'GET' | 'POST' | 'DELETE',
        path: path.replace('/v1/admin/', '').replace('{id}', 'some').replace('{n}', '1'),
      })),
    )
    .filter(({ method, path }) => method !== 'GET' || !shown.includes(path));
}

describe('what operators may ask of the health port of ingest', () => {
  it('is what the status page shows, and none of what changes something', async () => {
    const operator = onHealthPort(world);
    expect((await operator.ask('GET', 'overview')).status).toBe(200);
    const unknown = await operator.ask('GET', 'events/some');
    expect([unknown.status, (await problemIn(unknown)).code]).toEqual([404, 'not_found']);
    const others = await otherCalls();
    expect(others.length).toBeGreaterThan(10);
    for (const { method, path } of others) {
      const answer = await operator.ask(method, path, method === 'POST' ? {} : undefined);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
      expect(await answer.json()).toMatchObject({ error: 'Not Found' });
    }
  });

  it.each([
    ['no ADMIN_API_KEYS', {}],
    ['the page off', { ...OPERATOR_ENV, STATUS_PAGE: 'off' }],
  ])('is nothing with %s', async (_what, env) => {
    await using other = await World.start({ amqpUrl: world.amqpUrl, deliveries: 0, env });
    for (const path of shown)
      expect([path, (await onHealthPort(other).ask('GET', path)).status]).toEqual([path, 404]);
  });

  it('is nothing at delivery', async () => {
    const delivery = new Operator({ ingests: [{ httpPort: world.healthPort() }] });
    for (const path of shown) expect([path, (await delivery.ask('GET', path)).status]).toEqual([path, 404]);
  });

  it.each([
    ['a key of ingest', TEST_KEY],
    ['another key', 'another-key-for-tests'],
    ["a user's token", tokenFor('admin', 1)],
  ])('is refused to %s', async (_what, key) => {
    for (const path of shown) {
      const answer = await onHealthPort(world, key).ask('GET', path);
      expect([path, answer.status, (await problemIn(answer)).code]).toEqual([path, 401, 'unauthorized']);
    }
  });

  it('is refused without a key, and tells nothing', async () => {
    await world.publish(appointment({ id: 'personal' }));
    for (const path of [...shown, 'events/personal']) {
      const answer = await fetch(`http://127.0.0.1:${healthPortOf(world)}/v1/admin/${path}`);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(await answer.text()).not.toMatch(/personal|customer/);
    }
  });

  it('is told to no page of somebody else, and kept in no cache', async () => {
    const { headers } = await onHealthPort(world).ask('GET', 'overview', undefined, {
      origin: 'https://elsewhere.example',
    });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    const options = await fetch(`http://127.0.0.1:${healthPortOf(world)}/v1/admin/overview`, {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example', 'access-control-request-headers': 'x-api-key' },
    });
    expect([options.status, options.headers.get('access-control-allow-headers')]).toEqual([404, null]);
  });

  it('is the same line of the log as on the other port, without the key', async () => {
    const from = log.length;
    await onHealthPort(world).ask('GET', `events/some?token=${OPERATOR_KEY}`);
    const [line = '{}'] = log.slice(from).filter((one) => one.includes('an operator called'));
    expect((JSON.parse(line) as { call: object }).call).toMatchObject({
      method: 'GET',
      path: '/v1/admin/events/some',
      key: 1,
      remote: '127.0.0.1',
    });
    expect(log.filter((one) => one.includes(OPERATOR_KEY))).toEqual([]);
  });
});

describe('the numbers of the status page', () => {
  const statusAt = async (port: number) =>
    (await (await fetch(`http://127.0.0.1:${port}/status.json`)).json()) as { operators?: string };

  it('say whether keys open a part for operators, and nothing more of it', async () => {
    expect((await statusAt(healthPortOf(world))).operators).toBe('open');
    await using closed = await World.start({ amqpUrl: world.amqpUrl, deliveries: 0 });
    expect((await statusAt(healthPortOf(closed))).operators).toBe('closed');
    expect(await statusAt(world.healthPort())).not.toHaveProperty('operators');
    await world.publish(appointment({ id: 'personal-2' }));
    expect(JSON.stringify(await statusAt(healthPortOf(world)))).not.toMatch(/personal|customer_6/);
  });
});
