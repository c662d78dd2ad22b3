import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { Operator, OPERATOR_ENV, OPERATOR_KEY } from '../support/operator.ts';
import { problemIn } from '../support/ingest.ts';
import { tokenFor } from '../support/tokens.ts';
import { TEST_KEY, World } from '../support/world.ts';

const log: string[] = [];
let world: World;
let operator: Operator;
beforeAll(async () => {
  world = await World.start({ deliveries: 0, log, env: { ...OPERATOR_ENV, ADMIN_MAX_REVOCATIONS: '2' } });
  operator = new Operator(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const pathsOf = async (one: World) => {
  const document = await fetch(`http://127.0.0.1:${one.ingests[0]?.httpPort ?? 0}/openapi.json`);
  return Object.keys(((await document.json()) as { paths: object }).paths);
};
const days = (count: number) => new Date(Date.now() + count * 24 * 3_600_000).toISOString();

describe('/v1/admin/', () => {
  it('is not there without ADMIN_API_KEYS, whatever key is shown', async () => {
    await using without = await World.start({ deliveries: 0 });
    for (const key of [OPERATOR_KEY, TEST_KEY]) {
      const answer = await new Operator(without, key).ask('GET', 'revocations');
      expect([answer.status, (await problemIn(answer)).code]).toEqual([404, 'not_found']);
    }
    expect((await pathsOf(without)).filter((path) => path.includes('admin'))).toEqual([]);
  });

  it.each([
    ['a key of ingest', TEST_KEY],
    ['another key', 'another-key-for-tests'],
    ["a user's token", tokenFor('admin', 1)],
  ])('refuses %s', async (_what, key) => {
    const stranger = new Operator(world, key);
    for (const method of ['GET', 'POST'] as const) {
      const answer = await stranger.ask(method, 'revocations', method === 'POST' ? {} : undefined);
      expect([answer.status, (await problemIn(answer)).code]).toEqual([401, 'unauthorized']);
    }
  });

  it('has keys that publish nothing', async () => {
    const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
    expect((await world.post('/v1/events', { event: 'calendar.sync', data: {} }, headers)).status).toBe(401);
  });

  it('is in the OpenAPI document', async () => {
    expect(await pathsOf(world)).toEqual(
      expect.arrayContaining(['/v1/admin/revocations', '/v1/admin/revocations/{id}']),
    );
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
    while ((await list()).length < 2) await delay(10);
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
