import { describe, expect, it } from '@jest/globals';
import { PAGE_LENGTH } from '../../services/ingest/backends/easyappointments/api/questions.ts';
import { TestDecider, told } from '../support/test-decider.ts';
import {
  absence,
  answer,
  answerJson,
  booking,
  resource,
  type Interference,
  type Row,
} from '../support/easyappointments-rest.ts';
import { ListedSite } from '../support/listed-site.ts';
import { NOW_MS, Reconciling } from '../support/reconciling.ts';

const numbers = (count: number, first = 1) => Array.from({ length: count }, (_, index) => first + index);
const period = (id: number, changes: Row = {}) => resource('blocked_period', { id, ...changes });

const saved = 'calendar.sync (unavailability.saved) → calendar provider_4 admin';
const deleted = 'calendar.sync (unavailability.deleted) → calendar provider_4 admin';
const kinds = [
  { list: 'unavailabilities', make: absence, saved, deleted },
  {
    list: 'blocked_periods',
    make: (id: number, start = '2026-12-24 00:00:00') => period(id, { start }),
    saved: 'calendar.sync (blocked_period.saved) → calendar admin',
    deleted: 'calendar.sync (blocked_period.deleted) → calendar admin',
  },
] as const;

describe.each(kinds)('a run that looks at $list', ({ list, make, ...notices }) => {
  it('learns what is there the first time, and tells what is new, changed and gone from then on, once', async () => {
    await using site = await ListedSite.start();
    site.rows[list] = [make(1), make(2), make(3)];
    expect(await site.run()).toEqual([]);
    expect(site.report).toMatchObject({ outcome: 'complete', learned: 3, syncs: 0, announced: 0 });
    site.rows[list] = [make(1), make(2, '2026-12-08 09:00:00'), make(4)];
    expect((await site.run()).sort()).toEqual([notices.deleted, notices.saved, notices.saved]);
    expect(site.report).toMatchObject({ outcome: 'complete', learned: 0, gone: 1, syncs: 3, announced: 0 });
    expect(await site.run()).toEqual([]);
  });

  it('learns of one of yesterday and before nothing, unless it was moved there', async () => {
    await using site = await ListedSite.start();
    const over = { start: '2026-11-20 09:00:00', end: '2026-11-20 10:00:00' };
    site.rows[list] = [make(1), { ...make(2), ...over }];
    await site.run();
    expect(site.decider.ledger.get('run', 1)).toBeDefined();
    expect(site.report).toMatchObject({ learned: 1 });
    site.rows[list] = [
      { ...make(1), ...over },
      { ...make(2), ...over },
    ];
    expect(await site.run()).toEqual([notices.saved]);
    site.rows[list] = [];
    expect(await site.run()).toEqual([]);
  });

  it('turns its pages, asks for no more than it takes, and lists again only when something is missing', async () => {
    await using site = await ListedSite.start();
    site.rows[list] = numbers(PAGE_LENGTH + 1).map((id) => make(id));
    await site.run();
    expect(site.report).toMatchObject({ learned: PAGE_LENGTH + 1 });
    const [first] = site.asked(list);
    expect(first).toMatchObject({ sort: '-id', length: String(PAGE_LENGTH), page: '1' });
    expect(first?.['fields']).not.toContain('hash');
    expect(site.asked(list)).toHaveLength(2);

    site.world.site.remove(list, 7);
    expect(await site.run()).toEqual([notices.deleted]);
    expect(site.asked(list).map(({ sort }) => sort)).toEqual(['-id', '-id', '-id', '-id', '+id', '+id']);
  });

  it('does not take one for gone that moved to the page before while pages were turned', async () => {
    await using site = await ListedSite.start();
    site.rows[list] = numbers(2 * PAGE_LENGTH + 3).map((id) => make(id));
    await site.run();
    site.interfere(list, ({ query }) => {
      // The first row of the second page becomes the last of the first one, which was read already.
      if (query['page'] === '2' && query['sort'] === '-id') site.world.site.remove(list, 2 * PAGE_LENGTH);
      return false;
    });
    expect(await site.run()).toEqual([]);
    site.interfere();
    expect(await site.run()).toEqual([notices.deleted]);
  });

  it.each<[string, Interference]>([
    ['an answer of 500', (_request, response) => answer(response, 500, '')],
    ['a web page', (_request, response) => answer(response, 200, '<!doctype html>')],
    ['no right to it', (_request, response) => answer(response, 403, '')],
    ['JSON that is no list', (_request, response) => answerJson(response, { success: false })],
  ])('takes nothing for gone after %s on its second page, and compares all else', async (_what, how) => {
    await using site = await ListedSite.start();
    site.rows[list] = numbers(PAGE_LENGTH + 5).map((id) => make(id));
    site.rows.appointments = [booking(9_001)];
    await site.run();
    const other = list === 'unavailabilities' ? 'blocked_periods' : 'unavailabilities';
    site.rows.appointments = [];
    site.rows[list] = [make(7), make(PAGE_LENGTH + 5)];
    site.rows[other] = [other === 'unavailabilities' ? absence(900) : period(900)];
    site.interfere(list, (request, response) => {
      if (request.query['page'] !== '2')
        return answerJson(
          response,
          numbers(PAGE_LENGTH, 6).toReversed().map((id) => make(id)), // oxfmt-ignore
        );
      return how(request, response);
    });
    const lines = await site.run();
    expect(lines).toEqual([
      'appointment.cancelled → admin provider_4 customer_6',
      ...kinds.filter((kind) => kind.list === other).map((kind) => kind.saved),
    ]);
    expect(site.report).toMatchObject({ outcome: 'complete', unread: [list] });
    expect(site.said(`${list} are not compared in this run`)).toBe(1);

    // What came and went meanwhile is found by the next run.
    site.interfere();
    site.rows[list] = [make(7), make(PAGE_LENGTH + 5), make(999)];
    const next = await site.run();
    expect(next.filter((line) => line === notices.deleted)).toHaveLength(PAGE_LENGTH + 3);
    expect(next.filter((line) => line === notices.saved)).toHaveLength(1);
  });

  it.each<[string, Interference]>([
    ['the page of a router', (_request, response) => answer(response, 404, '<title>404</title>')],
    ['an empty 404', (_request, response) => answer(response, 404, '')],
  ])('says once that a backend has no such list, by %s', async (_what, how) => {
    await using site = await ListedSite.start();
    site.interfere(list, how);
    site.rows.appointments = [booking(9_001)];
    await site.run();
    expect(site.report).toMatchObject({ outcome: 'complete', appointments: 1 });
    expect(site.report?.problem).toBeUndefined();
    await site.run();
    expect(site.said(`has no ${list} in its REST API`)).toBe(1);

    // After an update it has: what is there is learned.
    site.interfere();
    site.rows[list] = [make(1)];
    expect(await site.run()).toEqual([]);
    site.rows[list] = [make(1), make(2)];
    expect(await site.run()).toEqual([notices.saved]);
  });

  it('finds what is gone where the API does not heed the order that it is asked for', async () => {
    await using site = await ListedSite.start();
    site.rows[list] = numbers(2 * PAGE_LENGTH).map((id) => make(id));
    site.world.site.interfere = ({ query }) => {
      delete (query as Record<string, string>)['sort'];
      return false;
    };
    await site.run();
    for (const id of [1, 100, 2 * PAGE_LENGTH]) site.world.site.remove(list, id);
    expect(await site.run()).toEqual(numbers(3).map(() => notices.deleted));
    site.rows[list] = [make(7), make(9)];
    await site.run();
    site.rows[list] = [make(7)];
    expect(await site.run()).toEqual([notices.deleted]);
  });

  it('takes nothing for gone where pages have fewer rows than are asked for', async () => {
    await using site = await ListedSite.start();
    site.rows[list] = numbers(50).map((id) => make(id));
    await site.run();
    site.world.site.interfere = ({ query }) => {
      const { length } = query;
      Object.assign(query, { length: String(Math.min(20, Number(length))) });
      return false;
    };
    expect(await site.run()).toEqual([]);
    expect(site.report).toMatchObject({ outcome: 'complete', gone: 0 });
  });

  it('compares the newest so many, says so once, and takes none of the others for gone or new', async () => {
    await using site = await ListedSite.start({ maxRows: PAGE_LENGTH });
    site.rows[list] = numbers(PAGE_LENGTH - 1).map((id) => make(id));
    await site.run();
    site.rows[list].push(...numbers(20, PAGE_LENGTH).map((id) => make(id)));
    expect(await site.run()).toEqual(numbers(20).map(() => notices.saved));
    expect(await site.run()).toEqual([]);
    expect(site.said('EASYAPPOINTMENTS_RECONCILE_MAX_ROWS')).toBe(1);
    site.world.site.remove(list, 100);
    // Number 19 comes into sight, which was there before.
    expect(await site.run()).toEqual([notices.deleted]);
  });

  it('that is broken off by the broker is not complete, and tells the rest the next time', async () => {
    await using site = await ListedSite.start();
    await site.run();
    site.rows[list] = [make(1), make(2)];
    let left = 1;
    site.decider.refuses = () => (left -= 1) < 0;
    expect(await site.run()).toEqual([notices.saved]);
    expect(site.report).toMatchObject({ outcome: 'given_up' });
    site.decider.refuses = () => false;
    expect(await site.run()).toEqual([notices.saved]);
  });

  it('leaves out a row that it does not understand, which is not gone', async () => {
    await using site = await ListedSite.start();
    site.rows[list] = [make(1), make(2)];
    await site.run();
    site.rows[list] = [make(1), { ...make(2), start: ['planted-value'] }];
    expect(await site.run()).toEqual([]);
    expect(site.report).toMatchObject({ unreadable: 1, gone: 0 });
    expect(site.world.log.join('')).not.toContain('planted');
  });
});

describe('what was compared', () => {
  it('is known to the instance that takes over, which does not learn anew', async () => {
    await using before = await ListedSite.start();
    before.rows.unavailabilities = [absence(1)];
    await before.run();
    const decider = new TestDecider();
    for (const entry of before.decider.written) decider.ledger.apply(entry);
    await decider.decider.begin();
    await using after = await Reconciling.start({}, { decider: decider.decider });
    after.site.rows.unavailabilities = [absence(2)];
    after.time.nowMs += 60_000;
    await after.run();
    expect(decider.announced.map(told)).toEqual([saved, deleted]);
  });

  it('is all that the webhooks told before the first run', async () => {
    await using site = await ListedSite.start();
    const asOfMs = NOW_MS;
    const row = { id: 5, start_datetime: '2026-12-04 13:00:00', end_datetime: '2026-12-04 15:00:00' };
    await site.decider.decider.take({
      webhook: {
        kind: 'appointment',
        verb: 'save',
        row: { ...row, id_users_provider: 4, is_unavailability: true },
      },
      entrance: 'webhook',
      id: 'm1',
      receivedMs: asOfMs,
    });
    site.rows.unavailabilities = [absence(6)];
    expect(await site.run()).toEqual([deleted]);
  });

  it('is kept when the decider closes in the middle', async () => {
    await using site = await ListedSite.start();
    site.rows.unavailabilities = [absence(1)];
    site.interfere('unavailabilities', () => {
      site.decider.decider.end();
      return false;
    });
    await site.run();
    expect(site.report).toMatchObject({ outcome: 'given_up', problem: { code: 'going_away' } });
    expect(site.decider.ledger.lastRun).toBeUndefined();
  });
});
