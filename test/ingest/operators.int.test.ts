import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Operator, OPERATOR_ENV, OPERATOR_KEY } from '../support/operator.ts';
import { problemIn } from '../support/ingest.ts';
import { tokenFor } from '../support/tokens.ts';
import { TEST_KEY, World } from '../support/world.ts';
import { until } from '../support/until.ts';

const log: string[] = [];
let world: World;
let operator: Operator;
beforeAll(async () => {
  const env = { ...OPERATOR_ENV, ADMIN_MAX_REVOCATIONS: '2', INGEST_MAX_BAD_KEYS: '1000' };
  world = await World.start({ deliveries: 0, log, env });
  operator = new Operator(world);
});
afterAll(() => world[Symbol.asyncDispose]());

type Operations = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const pathsOf = async (one: World) => {
  const document = await fetch(`http://127.0.0.1:${one.ingests[0]?.httpPort ?? 0}/openapi.json`);
  return ((await document.json()) as { paths: Operations }).paths;
};
/** Every call that there is, by the document: `['POST', 'revocations']`. */
const callsOf = async (one: World) =>
  Object.entries(await pathsOf(one))
    .filter(([path]) => path.startsWith('/v1/admin/'))
    .flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => ({
        method: method.toUpperCase() as 'GET' | 'POST' | 'DELETE',
        path: path.replace('/v1/admin/', '').replace('{id}', 'some').replace('{n}', '1'),
      })),
    );
const bodyFor = (method: string) => (method === 'POST' ? {} : undefined);
const days = (count: number) => new Date(Date.now() + count * 24 * 3_600_000).toISOString();

describe('/v1/admin/', () => {
  it('is not there without ADMIN_API_KEYS, whatever key is shown', async () => {
    await using without = await World.start({ deliveries: 0 });
    expect(await callsOf(without)).toEqual([]);
    for (const { method, path } of await callsOf(world)) {
      for (const key of [OPERATOR_KEY, TEST_KEY]) {
        const answer = await new Operator(without, key).ask(method, path, bodyFor(method));
        expect([method, path, answer.status]).toEqual([method, path, 404]);
        expect((await problemIn(answer)).code).toBe('not_found');
      }
    }
  });

  it.each([
    ['a key of ingest', TEST_KEY],
    ['another key', 'another-key-for-tests'],
    ["a user's token", tokenFor('admin', 1)],
  ])('refuses %s at every path', async (_what, key) => {
    const stranger = new Operator(world, key);
    const calls = await callsOf(world);
    expect(calls.length).toBeGreaterThanOrEqual(11);
    for (const { method, path } of calls) {
      const answer = await stranger.ask(method, path, bodyFor(method));
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      expect((await problemIn(answer)).code).toBe('unauthorized');
    }
  });

  it('logs every call with the number of its key, its reason and what came of it, and no key', async () => {
    for (const { method, path } of await callsOf(world)) {
      const from = log.length;
      const reason = `because of ${method} ${path}`;
      const answer = await operator.ask(method, `${path}?token=${OPERATOR_KEY}`, bodyFor(method), {
        'x-reason': reason,
      });
      await answer.text();
      const [line, ...others] = log.slice(from).filter((one) => one.includes('an operator called'));
      const { call } = JSON.parse(line ?? '{}') as { call: object };
      expect(others).toEqual([]);
      expect(call).toMatchObject({ method, path: `/v1/admin/${path}`, key: 1, reason });
      expect(call).toHaveProperty('outcome');
    }
    expect(log.filter((line) => line.includes(OPERATOR_KEY))).toEqual([]);
  });

  it('has keys that publish nothing', async () => {
    const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
    expect((await world.post('/v1/events', { event: 'calendar.sync', data: {} }, headers)).status).toBe(401);
  });

  it('is in the OpenAPI document', async () => {
    expect(Object.keys(await pathsOf(world))).toEqual(
      expect.arrayContaining(['/v1/admin/revocations', '/v1/admin/revocations/{id}']),
    );
  });
});

describe('a call', () => {
  const NOON = '2026-11-02T12:00:00Z';
  it.each([
    ['sessions?user=4', undefined, '/user'],
    ['sessions?room=lobby', undefined, '/room'],
    ['sessions?limit=1001', undefined, '/limit'],
    ['sessions?cursor=x', undefined, '/cursor'],
    ['sessions?role=admin', undefined, ''],
    ['disconnect', { reason: 'nobody in particular' }, ''],
    ['disconnect', { user: 'provider:4', reason: '' }, '/reason'],
    ['disconnect', { connection: '7', reason: 'each instance has one' }, '/connection'],
    ['disconnect', { user: 'provider:4', reason: 'a code of its own', code: 3000 }, ''],
    ['events?since=yesterday', undefined, '/since'],
    ['events?appointment=04', undefined, '/appointment'],
    ['replay', { from: NOON, dry_run: true }, ''],
    ['replay', { from: NOON, dry_run: true, user: 'customer:6', room: 'admin' }, ''],
    ['replay', { from: NOON, dry_run: true, room: 'admin', to: '2026-11-01T00:00:00Z' }, '/to'],
    ['replay', { from: 'yesterday', dry_run: true, room: 'admin' }, '/from'],
    ['replay', { from: NOON, room: 'admin' }, '/dry_run'],
    ['rejected?limit=0', undefined, '/limit'],
    ['rejected/none', undefined, '/n'],
  ])('of %s with %j is refused, and says where', async (path, body, pointer) => {
    const answer = await operator.ask(body === undefined ? 'GET' : 'POST', path, body);
    const problem = await problemIn(answer);
    expect([answer.status, problem.code, problem.errors[0]?.path]).toEqual([422, 'invalid_request', pointer]);
  });
});

describe('a revocation', () => {
  it.each([
    ['nobody', {}, ''],
    ['two', { user: 'provider:4', jti: 'one' }, ''],
    ['no user', { user: 'provider' }, '/user'],
    ['a role that there is not', { user: 'owner:4' }, '/user'],
    ['an id that is none', { user: 'provider:04' }, '/user'],
    ['no reason', { user: 'provider:4', reason: '' }, '/reason'],
    ['all without a time', { all: true }, '/issued_before'],
    ['a token and a time', { jti: 'one', issued_before: days(-1) }, '/issued_before'],
    ['tokens that are to come', { all: true, issued_before: days(1) }, '/issued_before'],
    ['an end that is over', { user: 'provider:4', until: days(-1) }, '/until'],
    ['an end that is too far', { user: 'provider:4', until: days(367) }, '/until'],
    ['a time without its zone', { user: 'provider:4', until: '2099-01-01T00:00:00' }, '/until'],
    ['a field that there is not', { user: 'provider:4', close: 3000 }, ''],
  ])('of %s is refused, and says where', async (_what, body, path) => {
    const answer = await operator.ask('POST', 'revocations', { reason: 'a test', ...body });
    const problem = await problemIn(answer);
    expect([answer.status, problem.code, problem.errors[0]?.path]).toEqual([422, 'invalid_request', path]);
  });

  it('is listed with its end, logged with who and why, and no more than ADMIN_MAX_REVOCATIONS are in force', async () => {
    const id = await operator.revoke({ user: 'provider:4', reason: 'left the office', until: days(7) });
    await operator.revoke({ jti: 'one' });
    const list = async () =>
      ((await (await operator.ask('GET', 'revocations')).json()) as { revocations: object[] }).revocations;
    await until(async () => (await list()).length >= 2);
    expect(await list()).toEqual([
      expect.objectContaining({ id, user: 'provider:4', reason: 'left the office' }),
      expect.objectContaining({ jti: 'one' }),
    ]);
    const full = await operator.ask('POST', 'revocations', { jti: 'two', reason: 'a test' });
    expect([full.status, (await problemIn(full)).code]).toEqual([409, 'too_many_revocations']);
    const calls = log.filter((line) => line.includes('an operator called'));
    expect(calls.find((line) => line.includes(id))).toMatch(/"key":1,.*"remote":".*left the office/);
    expect(log.filter((line) => line.includes(OPERATOR_KEY))).toEqual([]);
  });
});
