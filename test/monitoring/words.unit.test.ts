import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InstanceStatus, Series, StatusDocument } from '../../shared/monitoring/status.ts';

interface Place {
  readonly status: InstanceStatus;
  readonly url: string;
  readonly isSelf: boolean;
}

interface Tile {
  readonly figure: string;
  readonly unit: string;
  readonly more: string;
}

interface Tables {
  readonly tablesOf: (status: InstanceStatus) => { title: string; rows: [string, string][] }[];
}

interface Words {
  readonly verdictOf: (document: StatusDocument) => {
    level: string;
    sentence: string;
    complaints: { who: string; code: string; since?: string }[];
  };
  readonly measured: (value: number | null | undefined) => string;
  readonly duration: (seconds: number) => string;
  readonly sinceWhen: (since: string, nowMs: number) => string;
  readonly inOrder: (one: Place, other: Place) => number;
  readonly intake: (accepted?: number, refused?: number) => Tile;
  readonly fanOut: (events: (number | undefined)[], frames: (number | undefined)[]) => Tile;
  readonly extended: (have: Series, more: Series, afterMs: number) => Series;
}

const load = (file: string): Promise<unknown> =>
  import(pathToFileURL(join(process.cwd(), 'shared/monitoring/page', file)).href);
const { verdictOf, measured, duration, sinceWhen, inOrder, intake, fanOut, extended } = (await load(
  'words.js',
)) as Words;
const { tablesOf } = (await load('tables.js')) as Tables;

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 9, 0, second)).toISOString();

type Change = Partial<InstanceStatus['report']>;
const reason = (code: string, message = `${code} happened`) => ({ code, message });
const status = (service: InstanceStatus['service'], change: Change = {}): InstanceStatus => ({
  service,
  instance: service,
  report: {
    status: change.reasons === undefined ? 'healthy' : 'degraded',
    stats: {},
    broker: { state: 'connected' },
    queues: [],
    reasons: [],
    ...change,
  },
  series: { at_ms: [], columns: {} },
  counts: {},
});
const page = (delivery: Change, ingest: Change | string = {}): StatusDocument => ({
  now_ms: 0,
  self: status('delivery', delivery),
  peers: [
    typeof ingest === 'string'
      ? { url: 'ingest:8083', failure: ingest, since: at(9) }
      : { url: 'ingest:8083', status: status('ingest', ingest) },
  ],
});

describe('the sentence on top of the page', () => {
  const down: Change = { status: 'unhealthy', reasons: [reason('broker_down')] };
  const cases: [string, StatusDocument, string, string][] = [
    ['all is well', page({}), 'good', 'All is well.'],
    ['the broker is away', page(down, down), 'bad', 'Events do not flow: RabbitMQ is out of reach.'],
    [
      'the broker blocks ingest',
      page(
        { status: 'degraded', reasons: [reason('broker_blocked')] },
        { status: 'unhealthy', reasons: [reason('broker_blocked')] },
      ),
      'bad',
      'No new events are taken: RabbitMQ is blocked.',
    ],
    [
      'one of them is not ready',
      page({ status: 'unhealthy', reasons: [reason('catching_up')] }),
      'bad',
      'Delivery is not ready.',
    ],
    [
      'one cannot be reached',
      page({}, 'connection refused'),
      'warn',
      'Delivery runs, but ingest:8083 cannot be reached.',
    ],
    [
      'something needs a look',
      page({ reasons: [reason('latency_high')] }),
      'warn',
      'Events flow, but one thing needs a look.',
    ],
    [
      'two things do',
      page({ reasons: [reason('latency_high')] }, { reasons: [reason('rejected_not_empty')] }),
      'warn',
      'Events flow, but 2 things need a look.',
    ],
  ];
  it.each(cases)('when %s', (_when, document, level, sentence) => {
    expect(verdictOf(document)).toMatchObject({ level, sentence });
  });

  it('is followed by what each service says, once where both say the same', () => {
    const same = { reasons: [reason('broker_alarm'), reason('event_loop_lag')] };
    const { complaints } = verdictOf(page(same, { reasons: [reason('broker_alarm')] }));
    expect(complaints).toMatchObject([
      { who: 'delivery, ingest', code: 'broker_alarm' },
      { who: 'delivery', code: 'event_loop_lag' },
    ]);
  });

  it('says since when: where several say the same, since the first', () => {
    const since = (second: number) => ({ reasons: [{ ...reason('broker_down'), since: at(second) }] });
    expect(verdictOf(page(since(7), since(3))).complaints).toMatchObject([{ since: at(3) }]);
    expect(verdictOf(page({}, 'connection refused')).complaints).toMatchObject([{ since: at(9) }]);
  });

  it('says why a service cannot be reached', () => {
    expect(verdictOf(page({}, 'connection refused')).complaints).toMatchObject([
      { who: 'ingest:8083', code: 'unreachable', message: expect.stringContaining('connection refused') },
    ]);
  });
});

describe('figures', () => {
  it.each([
    [undefined, '–'],
    [null, '–'],
    [0, '0'],
    [0.5, '0.5'],
    [9.94, '9.9'],
    [9.96, '10'],
    [1234.5, '1,235'],
  ])('%p is shown as %s', (value, text) => {
    expect(measured(value)).toBe(text);
  });

  it.each([
    [59, '59 s'],
    [60, '1 min'],
    [3_660, '1 h 1 min'],
    [172_800, '2 d 0 h'],
  ])('%i seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('when something began', () => {
  const begun = new Date(2026, 10, 23, 14, 3, 11);
  const later = (seconds: number) => begun.getTime() + seconds * 1_000;
  it.each([
    [5, 'since 14:03:11'],
    [300, 'since 14:03:11, 5 min'],
    [86_400, 'since 23 Nov 14:03:11, 24 h 0 min'],
  ])('is said after %i s as %s', (seconds, text) => {
    expect(sinceWhen(begun.toISOString(), later(seconds))).toBe(text);
  });
});

describe('the tiles', () => {
  it('of ingest say what is refused when nothing is accepted', () => {
    expect(intake(9.5, 0)).toEqual({ figure: '9.5', unit: 'events/s', more: '' });
    expect(intake(0, 9.5)).toEqual({ figure: '9.5', unit: 'refused/s', more: '' });
    expect(intake(9, 0.5)).toEqual({ figure: '9.0', unit: 'events/s', more: '0.5 refused/s · ' });
    expect(intake(0, 0)).toMatchObject({ figure: '0', unit: 'events/s' });
    expect(intake()).toMatchObject({ figure: '–', unit: 'events/s' });
  });

  it('of delivery show events and not their copies on several instances', () => {
    expect(fanOut([9.9], [19])).toEqual({
      figure: '9.9',
      unit: 'events/s',
      more: '19 frames/s to clients',
    });
    expect(fanOut([9.9, 9.5, undefined], [19, 9, undefined])).toEqual({
      figure: '9.9',
      unit: 'events/s',
      more: 'busiest of 3 instances · 28 frames/s to clients',
    });
  });
});

describe('the cards', () => {
  const place = (service: InstanceStatus['service'], url: string, isSelf = false): Place => ({
    status: status(service),
    url,
    isSelf,
  });

  it('stand as on an event’s way, this service first, then by address, whoever answers first', () => {
    const places = [
      place('ingest', '172.18.0.9:8083'),
      place('ingest', '172.18.0.10:8083'),
      place('delivery', 'localhost:8081', true),
      place('delivery', '172.18.0.4:8081'),
    ];
    expect(places.toReversed().toSorted(inOrder)).toEqual(places);
  });

  it('say in words what is counted by kind', () => {
    const counts = {
      sessions: { provider: 2 },
      resumes: { recovered: 5, expired: 1, gaps: 1 },
      closes: { 1006: 3, other: 1 },
      refusals: { AUTH_FAILED: 1_200 },
    };
    expect(tablesOf({ ...status('delivery'), counts })).toEqual([
      { title: 'Sessions now, by role', rows: [['provider', '2']] },
      {
        title: 'Resumes',
        rows: [
          ['nothing missed', '5'],
          ['older than the history', '1'],
          ['sessions told of a gap', '1'],
        ],
      },
      {
        title: 'Closed, by code',
        rows: [
          ['1006 cut off', '3'],
          ['other', '1'],
        ],
      },
      { title: 'Refused, by reason', rows: [['AUTH_FAILED', '1,200']] },
    ]);
    expect(tablesOf({ ...status('ingest'), counts: {} })).toEqual([
      { title: 'Refused, by reason', rows: [] },
    ]);
  });
});

describe('the samples that a page has', () => {
  it('grow by what is new, lose what is old, and stay as long as their times', () => {
    const have = { at_ms: [1, 2], columns: { sessions: [1, 2] } };
    const more = { at_ms: [3], columns: { sessions: [3], inbox: [9] } };
    expect(extended(have, more, 1)).toEqual({
      at_ms: [2, 3],
      columns: { sessions: [2, 3], inbox: [null, 9] },
    });
  });

  it('are not taken twice from an answer that has them all', () => {
    const have = { at_ms: [1, 2], columns: { sessions: [1, 2] } };
    const all = { at_ms: [1, 2, 3], columns: { sessions: [1, 2, 3] } };
    expect(extended(have, all, 0)).toEqual(all);
  });

  it('are gone when all are old', () => {
    const have = { at_ms: [1], columns: { sessions: [1] } };
    expect(extended(have, { at_ms: [], columns: {} }, 5)).toEqual({ at_ms: [], columns: { sessions: [] } });
  });
});
