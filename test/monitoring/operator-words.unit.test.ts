import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface SessionCount {
  readonly role: string;
  readonly transport: string;
  readonly sessions: number;
}

interface OperatorWords {
  readonly outcomeOf: (told?: Readonly<Record<string, number>>) => { level: string; text: string };
  readonly momentOf: (at: string, nowMs: number) => string;
  readonly sessionTable: (counts: readonly SessionCount[]) => object;
  readonly missingText: (missing: readonly string[]) => string;
}

const file = join(process.cwd(), 'shared/monitoring/page/operator-words.js');
const { outcomeOf, momentOf, sessionTable, missingText } = (await import(
  pathToFileURL(file).href
)) as OperatorWords;

describe('who was told', () => {
  it.each([
    [{ seen: 0, delivered: 2, pushed: 0, written: 0, none: 0 }, 'good', '2 delivered'],
    [{ seen: 1, delivered: 1, pushed: 0, written: 0, none: 0 }, 'good', '1 seen · 1 delivered'],
    [{ seen: 0, delivered: 1, pushed: 0, written: 1, none: 0 }, 'unknown', '1 delivered · 1 written'],
    [{ seen: 0, delivered: 1, pushed: 2, written: 0, none: 0 }, 'unknown', '1 delivered · 2 pushed'],
    [{ seen: 0, delivered: 0, pushed: 0, written: 0, none: 3 }, 'unknown', '3 not told'],
    [undefined, 'unknown', '–'],
  ])('of %j', (told, level, text) => {
    expect(outcomeOf(told)).toEqual({ level, text });
  });
});

describe('a moment', () => {
  const nowMs = Date.UTC(2026, 10, 26, 0, 10);
  it('is in UTC, with its day where that is not today', () => {
    expect(momentOf('2026-11-26T00:00:00.120Z', nowMs)).toBe('00:00:00');
    expect(momentOf('2026-11-25T23:59:59.999Z', nowMs)).toBe('2026-11-25 23:59:59');
  });
});

describe('the table of sessions', () => {
  const one = (role: string, transport: string, sessions: number) => ({ role, transport, sessions });

  it('has a column for each transport and a row for each role, with sums', () => {
    const counts = [
      one('provider', 'websocket', 2),
      one('customer', 'stream', 1),
      one('customer', 'websocket', 4),
    ];
    expect(sessionTable(counts)).toEqual({
      columns: ['stream', 'websocket', 'all'],
      rows: [
        ['customer', [1, 4, 5]],
        ['provider', [0, 2, 2]],
        ['all', [1, 6, 7]],
      ],
    });
  });

  it('sums up nothing where there is one', () => {
    const table = { columns: ['websocket'], rows: [['customer', [4]]] };
    expect(sessionTable([one('customer', 'websocket', 4)])).toEqual(table);
  });
});

describe('instances that do not answer', () => {
  it('are named', () => {
    expect([[], ['ws-1'], ['ws-1', 'ws-2']].map((names) => missingText(names))).toEqual([
      '',
      'No answer from ws-1: its sessions are not counted.',
      'No answer from ws-1, ws-2: their sessions are not counted.',
    ]);
  });
});
