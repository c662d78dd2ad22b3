import { describe, expect, it } from '@jest/globals';
import { overviewRoutes, type OverviewOptions } from '../../services/ingest/admin/overview.ts';
import type { SessionCount } from '../../shared/contract/control.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { cursorAt, NOON, settle } from '../delivery/fakes.ts';

const row = (id: string, atMs: number, rooms = ['admin', 'provider_4', 'customer_6']) => ({
  id,
  event: 'appointment.created',
  cursor: cursorAt(atMs),
  rooms,
});

/** The route over these answers of instances, at a time that stands still; passes over the receipts end when they are told to. */
function overviewOf(
  rows: readonly ReturnType<typeof row>[],
  {
    counts = [] as readonly (readonly SessionCount[])[],
    stages = new Map<string, 'written' | 'seen'>(),
  } = {},
) {
  const passes: (() => void)[] = [];
  let nowMs = 0;
  const options = {
    latest: { rows: () => [...rows] },
    receipts: {
      read: () => new Promise<boolean>((resolve) => passes.push(() => resolve(true))),
      stageOf: (id: string, { role }: { role: string }) => stages.get(`${id} ${role}`),
    },
    control: {
      ask: () => Promise.resolve({ answers: counts.map((one) => ({ counts: one })), missing: [] }),
    },
    wall: () => wallTime(NOON),
    now: () => nowMs,
  } as unknown as OverviewOptions;
  const [route] = overviewRoutes(options);
  return {
    passes,
    pass: (ms: number) => (nowMs += ms),
    ask: async () => {
      const answer = await route?.handle({ body: Buffer.alloc(0), params: {}, query: {} });
      return answer !== undefined && 'body' in answer ? answer.body : answer;
    },
  };
}

describe('the overview', () => {
  it('is worked out every other second, however many ask, and never twice at a time', async () => {
    const { ask, passes, pass } = overviewOf([row('a', NOON)]);
    const first = [ask(), ask()];
    pass(1_999);
    first.push(ask());
    await settle();
    expect(passes.length).toBe(1);
    pass(1);
    first.push(ask());
    await settle();
    expect(passes.length).toBe(1);
    passes[0]?.();
    await Promise.all(first);
    pass(2_000);
    const later = ask();
    await settle();
    expect(passes.length).toBe(2);
    passes[1]?.();
    await later;
  });

  it('says of an event that nobody was told five seconds after it, and of others how far they got', async () => {
    const stages = new Map([
      ['seen provider', 'seen' as const],
      ['seen customer', 'written' as const],
    ]);
    const rows = [
      row('young', NOON - 4_999),
      row('old', NOON - 5_000),
      row('seen', NOON),
      row('nobody’s', 0, ['admin']),
    ];
    const { ask, passes } = overviewOf(rows, { stages });
    const asked = ask();
    await settle();
    passes[0]?.();
    const { events } = (await asked) as { events: { id: string; told?: object }[] };
    expect(events.map(({ id, told }) => [id, told])).toEqual([
      ['young', undefined],
      ['old', { seen: 0, delivered: 0, pushed: 0, written: 0, none: 2 }],
      ['seen', { seen: 1, delivered: 0, pushed: 0, written: 1, none: 0 }],
      ['nobody’s', undefined],
    ]);
  });

  it('has the sessions of all instances together', async () => {
    const one = { role: 'provider', transport: 'websocket', sessions: 2 } as const;
    const stream = { role: 'admin', transport: 'stream', sessions: 1 } as const;
    const { ask } = overviewOf([], { counts: [[one], [{ ...one, sessions: 3 }, stream], []] });
    expect(await ask()).toMatchObject({ sessions: [stream, { ...one, sessions: 5 }], complete: true });
  });
});
