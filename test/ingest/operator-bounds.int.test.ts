import { describe, expect, it } from '@jest/globals';
import { replayRoutes, type ReplayOptions } from '../../services/ingest/admin/replay.ts';
import { boundedTogether, type AdminAnswer, type AdminRoute } from '../../services/ingest/admin/route.ts';
import { Auth } from '../../services/ingest/http/auth.ts';
import { Secret } from '../../shared/config/env.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { event, NOON } from '../delivery/fakes.ts';
import { INGEST_KEY, problemIn } from '../support/ingest.ts';
import { Operator, OPERATOR_KEY } from '../support/operator.ts';
import { bareServer } from './bare-server.ts';
import { until } from '../support/until.ts';

/** Ingest's port with these routes of operators. */
async function serve(routes: readonly AdminRoute[]) {
  const limits = { ingestMaxBadKeys: 100, ingestRateLimit: 0, broadcastTrustedNetworks: [] };
  const auth = new Auth({ ingestApiKeys: new Secret([OPERATOR_KEY]), ...limits }, [], () => 0);
  const server = await bareServer(
    { admin: { auth, routes: boundedTogether(routes) } },
    { ingestApiKeys: new Secret([INGEST_KEY]) },
  );
  const operator = new Operator({ ingests: [{ httpPort: server.port }] });
  return { operator, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe('calls of operators', () => {
  it('are eight at a time, and one more is told to come back', async () => {
    const answers: ((answer: AdminAnswer) => void)[] = [];
    let eighth: () => void = () => undefined;
    const eightCame = new Promise<void>((resolve) => (eighth = resolve));
    const handle = () =>
      new Promise<AdminAnswer>((resolve) => {
        if (answers.push(resolve) === 8) eighth();
      });
    const success = { status: 204, description: 'It was waited for' };
    const operation = { summary: 'Waits', success, refusals: [] };
    await using server = await serve([{ method: 'GET', path: '/v1/admin/wait', operation, handle }]);
    const ask = () => server.operator.ask('GET', 'wait');
    const waiting = Array.from({ length: 8 }, ask);
    await eightCame;
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await problemIn(refused)).detail).toContain('8 calls of operators are under way');
    for (const answer of answers.splice(0)) answer({ status: 204 });
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(8).fill(204));
    const again = ask();
    await until(() => answers.length > 0);
    answers[0]?.({ status: 204 });
    expect((await again).status).toBe(204);
  });
});

describe('a replay', () => {
  /** Over a history of so many events, to so many sessions. */
  async function replayed(events: number, sessions: number) {
    const asked: string[] = [];
    const search: ReplayOptions['search'] = {
      read: (_from, take) => {
        for (let offset = 0; offset < events; offset += 1) {
          if (!take([event({ rooms: ['admin'] })], offset)) {
            return Promise.resolve({ ending: 'enough', next: offset });
          }
        }
        return Promise.resolve({ ending: 'end', next: events });
      },
    };
    const control = {
      ask: (request: { readonly events?: unknown }) => {
        asked.push(request.events === undefined ? 'counts' : 'sends');
        return Promise.resolve({ answers: [{ concerned: sessions }], missing: [] });
      },
    } as unknown as ReplayOptions['control'];
    await using server = await serve(replayRoutes({ search, control, wall: () => wallTime(NOON + 1_000) }));
    const body = { from: new Date(NOON).toISOString(), room: 'admin', dry_run: false };
    const answer = await server.operator.ask('POST', 'replay', body);
    const told: unknown = await answer.json();
    return { status: answer.status, told, asked };
  }
  const problemAt = (message: string) => ({
    code: 'invalid_request',
    errors: [{ path: '/from', message }],
  });

  it('is of 1,000 events at most', async () => {
    expect(await replayed(1_000, 1)).toMatchObject({ status: 200, asked: ['counts', 'sends'] });
    const tooMany = problemAt('expected a shorter time: there are more than 1000 events in it');
    expect(await replayed(1_001, 1)).toMatchObject({ status: 422, told: tooMany, asked: [] });
  });

  it('is of a million frames at most', async () => {
    expect(await replayed(1_000, 1_000)).toMatchObject({ status: 200, asked: ['counts', 'sends'] });
    const tooMany = problemAt('1000 events to 1001 sessions are more than 1000000 frames');
    expect(await replayed(1_000, 1_001)).toMatchObject({ status: 422, told: tooMany, asked: ['counts'] });
  });
});
