import { describe, expect, it } from '@jest/globals';
import { pushTestRoutes, type PushTestOptions } from '../../services/ingest/admin/push-test.ts';
import { AppError } from '../../shared/contract/errors.ts';

const tested = {
  instance: 'push-1',
  devices: [{ kind: 'fcm', host: 'x.org', seen_at: '2026-11-28T09:00:00Z', outcome: 'accepted' }],
};

type Ask = PushTestOptions['control']['askConsumer'];

function world(askConsumer: Ask = () => Promise.resolve(Buffer.from(JSON.stringify(tested)))) {
  const state = { nowMs: 0 };
  const [route] = pushTestRoutes({ control: { askConsumer }, now: () => state.nowMs });
  const call = async (body: object) => {
    const asked = { body: Buffer.from(JSON.stringify(body)), params: {}, query: {} };
    try {
      return await route?.handle(asked);
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  };
  return { state, call };
}

describe('an operator who tests the devices of a user', () => {
  it('is told what push answers; the log has whose they are, and why', async () => {
    const { call } = world();
    expect(await call({ user: 'provider:4', reason: 'it is quiet' })).toEqual({
      status: 200,
      body: tested,
      did: { role: 'provider', user_id: 4, reason: 'it is quiet', ...tested },
    });
  });

  it('may do it ten a minute', async () => {
    const { state, call } = world();
    for (let count = 0; count < 10; count += 1)
      expect(await call({ user: 'provider:4' })).toMatchObject({ status: 200 });
    state.nowMs = 59_000;
    expect(await call({ user: 'provider:4' })).toMatchObject({ code: 'too_many_requests', retryAfterS: 1 });
    state.nowMs = 60_000;
    expect(await call({ user: 'provider:4' })).toMatchObject({ status: 200 });
  });

  it.each([
    ['nobody who is woken', { user: 'admin:1' }, 'provider, secretary or customer'],
    ['no user', { user: 'provider' }, 'expected a role and an id'],
    ['nobody', {}, 'expected a role and an id'],
  ])('is refused where it names %s', async (_what, body, message) => {
    const { call } = world();
    expect(await call(body)).toMatchObject({
      code: 'invalid_request',
      problems: [{ message: expect.stringContaining(message) as unknown }],
    });
  });

  it.each<[string, Ask, string]>([
    [
      'has never run',
      () => Promise.reject(new AppError('broken_topology', 'no queue')),
      'never run on this broker',
    ],
    ['does not answer', () => Promise.resolve(undefined), 'No instance of push answered'],
    ['is of another version', () => Promise.resolve(Buffer.from('{}')), 'older than this ingest'],
  ])('is told so where push %s', async (_what, ask, message) => {
    const { call } = world(ask);
    expect(await call({ user: 'provider:4' })).toMatchObject({
      code: 'push_unavailable',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('is told of the broker where that is away', async () => {
    const { call } = world(() => Promise.reject(new AppError('broker_unavailable', 'away')));
    expect(await call({ user: 'provider:4' })).toMatchObject({ code: 'broker_unavailable' });
  });
});
