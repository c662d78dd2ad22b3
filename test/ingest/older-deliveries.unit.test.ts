import { describe, expect, it } from '@jest/globals';
import { v7 } from 'uuid';
import { GONE_AFTER_MS, OlderDeliveries } from '../../services/ingest/publish/older-deliveries.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import { encodeHeaders, READS_CALENDAR_SYNC } from '../../shared/contract/message.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { lineSink } from '../support/line-sink.ts';

const BEGAN_MS = Date.parse('2026-11-28T09:00:00Z');

function world() {
  let nowMs = 0;
  const log: string[] = [];
  const older = new OlderDeliveries(
    () => nowMs,
    () => wallTime(BEGAN_MS + nowMs),
    createLogger('test', 'info', lineSink(log)),
  );
  const headersOf = (msecs: number) => encodeHeaders(Cursor.parse(v7({ msecs })), []);
  return {
    older,
    log,
    pass: (ms: number) => (nowMs += ms),
    note: (properties: object) =>
      older.note({ type: 'mark', headers: headersOf(BEGAN_MS + nowMs), ...properties }),
    markOf: (appId: string, agoMs = 0) =>
      older.note({ type: 'mark', appId, headers: headersOf(BEGAN_MS + nowMs - agoMs) }),
    newerMarkOf: (appId: string) => {
      const headers = { ...headersOf(BEGAN_MS + nowMs), reads: READS_CALENDAR_SYNC };
      older.note({ type: 'mark', appId, headers });
    },
  };
}

describe('a delivery instance of an older version', () => {
  it('is here from its first mark on, which is said once, until none has come for a while', () => {
    const { older, log, markOf, pass } = world();
    expect(older.areHere()).toBe(false);
    for (let marks = 0; marks < 2; marks += 1) {
      markOf('old');
      pass(GONE_AFTER_MS - 1);
      expect(older.areHere()).toBe(true);
    }
    expect(log.filter((line) => line.includes('"delivery":"old"'))).toHaveLength(1);
    pass(1);
    expect(older.areHere()).toBe(false);
  });

  it('is not hidden by newer ones beside it', () => {
    const { older, markOf, newerMarkOf, pass } = world();
    markOf('old');
    for (let n = 0; n < 10; n += 1) {
      pass(5_000);
      newerMarkOf('new');
    }
    expect(older.areHere()).toBe(true);
  });

  it('counts by the time of its mark, which may be of long ago', () => {
    const { older, log, markOf, pass } = world();
    markOf('gone', GONE_AFTER_MS);
    expect([older.areHere(), log]).toEqual([false, []]);
    markOf('lately', GONE_AFTER_MS - 10);
    expect(older.areHere()).toBe(true);
    pass(10);
    expect(older.areHere()).toBe(false);
  });

  it('is none that reads it, no ingest, no event and nothing that another program wrote', () => {
    const { older, newerMarkOf, note } = world();
    newerMarkOf('new');
    note({});
    note({ type: 'appointment.created', appId: 'old' });
    note({ appId: 'old', headers: { cursor: 'x' } });
    older.note(undefined);
    expect(older.areHere()).toBe(false);
  });
});
