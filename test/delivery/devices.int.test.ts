import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { DEVICES, HISTORY } from '../../shared/contract/topology.ts';
import { Subscriber } from '../../tools/push-service/subscriber.ts';
import { createVhostForTest } from '../support/broker.ts';
import { queuesIn } from '../support/queues.ts';
import { tokenFor, type TestRole } from '../support/tokens.ts';
import { bearer } from '../support/wires.ts';
import { World } from '../support/world.ts';

const PAGE = 'https://app.example.org';
const KEY = `B${'a'.repeat(86)}`;
const PUSH = { PUSH: 'on', PUSH_VAPID_PUBLIC_KEY: KEY, ALLOWED_ORIGINS: PAGE };

let world: World;
beforeAll(async () => {
  world = await World.start({ env: PUSH, deliveries: 2 });
});
afterAll(() => world[Symbol.asyncDispose]());

let lastId = 8_000;

/** Somebody with a token, who asks one of the instances. */
class Owner {
  constructor(
    readonly role: TestRole = 'provider',
    readonly id = (lastId += 1),
  ) {}

  ask(method: string, path: string, body?: unknown, delivery = 0): Promise<Response> {
    return fetch(`http://${world.host(delivery)}${path}`, {
      method,
      headers: { ...bearer(tokenFor(this.role, this.id)), 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  register(body: unknown, id = randomUUID() as string, delivery = 0): Promise<Response> {
    return this.ask('PUT', `/v1/devices/${id}`, body, delivery);
  }

  async devices(delivery = 0): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const response = await this.ask('GET', '/v1/devices', undefined, delivery);
    expect(response.status).toBe(200);
    return ((await response.json()) as { devices: Record<string, unknown>[] }).devices;
  }
}

const browser = (endpoint = `https://fcm.googleapis.com/fcm/send/${randomUUID()}`) => ({
  kind: 'webpush',
  subscription: new Subscriber().subscription(endpoint),
  language: 'de',
});

async function codeOf(response: Response): Promise<[number, unknown]> {
  return [response.status, ((await response.json()) as { code?: unknown }).code];
}

describe('a device that its user registers', () => {
  it('is theirs at once, on this instance and soon on every other', async () => {
    const owner = new Owner();
    const id = randomUUID();
    expect((await owner.register(browser(), id)).status).toBe(204);
    expect(await owner.devices()).toEqual([
      { id, kind: 'webpush', language: 'de', seen_at: expect.any(String) as unknown },
    ]);
    // What this instance writes comes behind it in the stream.
    await owner.register(browser(), randomUUID(), 1);
    expect(await owner.devices(1)).toHaveLength(2);
  });

  it('is whose who registers it last', async () => {
    const [before, after] = [new Owner(), new Owner('customer')];
    const [phone, id] = [browser(), randomUUID()];
    await before.register(phone, id);
    await after.register(phone, id);
    expect([await before.devices(), (await after.devices()).length]).toEqual([[], 1]);
  });

  it('is one of ten at most: of more, the one goes that was not seen for longest', async () => {
    const owner = new Owner();
    const ids = Array.from({ length: 11 }, () => randomUUID() as string);
    for (const id of ids) await owner.register(browser(), id);
    expect((await owner.devices()).map(({ id }) => id)).toEqual(ids.slice(1));
  });

  it('goes when they say so, and however often', async () => {
    const owner = new Owner();
    const id = randomUUID();
    await owner.register(browser(), id);
    const remove = async () => (await owner.ask('DELETE', `/v1/devices/${id}`)).status;
    expect([await remove(), await remove()]).toEqual([204, 204]);
    expect(await owner.devices()).toEqual([]);
  });

  it('stays when somebody else says so', async () => {
    const [owner, other] = [new Owner(), new Owner()];
    const id = randomUUID();
    await owner.register(browser(), id);
    expect((await other.ask('DELETE', `/v1/devices/${id}`)).status).toBe(204);
    expect(await owner.devices()).toHaveLength(1);
  });

  it('is written once however often its app says the same', async () => {
    const owner = new Owner();
    const [phone, id] = [browser(), randomUUID()];
    await owner.register(phone, id);
    const first = await owner.devices();
    await owner.register(phone, id);
    expect(await owner.devices()).toEqual(first);
  });

  it('is there after a restart', async () => {
    await using vhost = await createVhostForTest();
    const owner = new Owner();
    await using first = await World.start({ env: PUSH, amqpUrl: vhost.url, ingests: 0 });
    const ask = (of: World, method: string, path: string, body?: object) =>
      fetch(`http://${of.host()}${path}`, {
        method,
        headers: bearer(tokenFor(owner.role, owner.id)),
        ...(body && { body: JSON.stringify(body) }),
      });
    const registered = await ask(first, 'PUT', `/v1/devices/${randomUUID()}`, browser());
    expect(registered.status).toBe(204);
    await using second = await World.start({ env: PUSH, amqpUrl: vhost.url, ingests: 0 });
    const answer = await ask(second, 'GET', '/v1/devices');
    expect(((await answer.json()) as { devices: object[] }).devices).toHaveLength(1);
  });
});

describe('what is no device of theirs', () => {
  it.each<[string, unknown]>([
    ['without a kind', {}],
    ['that is no JSON', '{'],
    ['of an unknown kind', { kind: 'pigeon' }],
    ['without keys', { kind: 'webpush', subscription: { endpoint: 'https://fcm.googleapis.com/x' } }],
    ['at an address of the office', browser('https://10.0.0.7/x')],
    ['at a host that is no push service', browser('https://push.example.org/x')],
    ['over http', browser('http://fcm.googleapis.com/x')],
  ])('is refused: one %s', async (_what, body) => {
    expect(await codeOf(await new Owner().register(body))).toEqual([400, 'invalid_device']);
  });

  it('is refused under an id that others might guess', async () => {
    expect(await codeOf(await new Owner().register(browser(), '1'))).toEqual([400, 'invalid_device']);
  });

  it('does not name its address in the answer', async () => {
    const answer = await new Owner().register(browser('https://push.example.org/planted-path'));
    expect(await answer.text()).not.toContain('planted-path');
  });

  it('is refused of an admin, who is woken for nothing', async () => {
    expect(await codeOf(await new Owner('admin').register(browser()))).toEqual([403, 'access_denied']);
  });

  it('is refused where its body is larger than any', async () => {
    const large = { ...browser(), more: 'x'.repeat(9_000) };
    expect(await codeOf(await new Owner().register(large))).toEqual([413, 'body_too_large']);
  });

  it('is refused where one changes them without end', async () => {
    const owner = new Owner();
    const statuses: number[] = [];
    for (let times = 0; times < 21; times += 1) statuses.push((await owner.register(browser())).status);
    expect([statuses.slice(0, 20).every((status) => status === 204), statuses[20]]).toEqual([true, 429]);
  });

  it.each(['GET /v1/devices', 'PUT /v1/devices/1', 'DELETE /v1/devices/1', 'GET /v1/push/key'])(
    'is shown to nobody without a token: %s',
    async (call) => {
      const [method = '', path = ''] = call.split(' ');
      const answer = await fetch(`http://${world.host()}${path}`, { method });
      expect(await codeOf(answer)).toEqual([401, 'auth_required']);
    },
  );
});

describe('a page', () => {
  it('is given the key to subscribe with', async () => {
    const answer = await new Owner().ask('GET', '/v1/push/key');
    expect([answer.status, await answer.json()]).toEqual([200, { key: KEY }]);
  });

  it('may register from an origin that is allowed', async () => {
    const answer = await fetch(`http://${world.host()}/v1/devices/${randomUUID()}`, {
      method: 'OPTIONS',
      headers: { origin: PAGE, 'access-control-request-method': 'PUT' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(answer.headers.get('access-control-allow-methods')).toBe('PUT, DELETE');
    expect(answer.headers.get('access-control-allow-headers')).toContain('Content-Type');
  });
});

describe('where push is off', () => {
  it('there are no devices, no key and no stream of them', async () => {
    await using vhost = await createVhostForTest();
    await using off = await World.start({ amqpUrl: vhost.url, ingests: 0 });
    for (const path of ['/v1/devices', '/v1/push/key']) {
      const answer = await fetch(`http://${off.host()}${path}`, { headers: bearer(tokenFor('provider', 4)) });
      expect(await codeOf(answer)).toEqual([404, 'push_off']);
    }
    const queues = await queuesIn(vhost);
    expect(queues).toContain(HISTORY);
    expect(queues).not.toContain(DEVICES);
  });
});

describe('a line of the stream that is none of ours', () => {
  it('is passed over', async () => {
    const log: string[] = [];
    await using vhost = await createVhostForTest();
    await using of = await World.start({ env: PUSH, amqpUrl: vhost.url, ingests: 0, log });
    const model = await connect(vhost.url);
    const channel = await model.createConfirmChannel();
    channel.sendToQueue(DEVICES, Buffer.from('{"later":"version"}'));
    await channel.waitForConfirms();
    await model.close();
    const put = () =>
      fetch(`http://${of.host()}/v1/devices/${randomUUID()}`, {
        method: 'PUT',
        headers: bearer(tokenFor('provider', 4)),
        body: JSON.stringify(browser()),
      });
    expect((await put()).status).toBe(204);
    expect(log.join('\n')).toContain('none of ours and was passed over');
  });
});
