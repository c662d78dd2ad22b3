import { describe, expect, it } from '@jest/globals';
import { v7 } from 'uuid';
import { Deliveries, GONE_AFTER_MS } from '../../services/ingest/publish/deliveries.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import { encodeHeaders, LAST_MARK_HEADER, READS_CALENDAR_SYNC } from '../../shared/contract/message.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { lineSink } from '../support/line-sink.ts';

const BEGAN_MS = Date.parse('2026-11-28T09:00:00Z');

function world() {
  let nowMs = 0;
  const log: string[] = [];
  const deliveries = new Deliveries(
    () => nowMs,
    () => wallTime(BEGAN_MS + nowMs),
    createLogger('test', 'info', lineSink(log)),
  );
  const headersOf = (msecs: number) => encodeHeaders(Cursor.parse(v7({ msecs })), []);
  return {
    deliveries,
    log,
    pass: (ms: number) => (nowMs += ms),
    note: (properties: object) =>
      deliveries.note({ type: 'mark', headers: headersOf(BEGAN_MS + nowMs), ...properties }),
    markOf: (appId: string, agoMs = 0) =>
      deliveries.note({ type: 'mark', appId, headers: headersOf(BEGAN_MS + nowMs - agoMs) }),
    newerMarkOf: (appId: string, more: object = {}) => {
      const headers = { ...headersOf(BEGAN_MS + nowMs), reads: READS_CALENDAR_SYNC, ...more };
      deliveries.note({ type: 'mark', appId, headers });
    },
  };
}

describe('a delivery instance of an older version', () => {
  it('is here from its first mark on, which is said once, until none has come for a while', () => {
    const { deliveries, log, markOf, pass } = world();
    expect(deliveries.olderAreHere()).toBe(false);
    for (let marks = 0; marks < 2; marks += 1) {
      markOf('old');
      pass(GONE_AFTER_MS - 1);
      expect(deliveries.olderAreHere()).toBe(true);
    }
    expect(log.filter((line) => line.includes('"delivery":"old"'))).toHaveLength(1);
    pass(1);
    expect(deliveries.olderAreHere()).toBe(false);
  });

  it('is not hidden by newer ones beside it', () => {
    const { deliveries, markOf, newerMarkOf, pass } = world();
    markOf('old');
    for (let n = 0; n < 10; n += 1) {
      pass(5_000);
      newerMarkOf('new');
    }
    expect(deliveries.olderAreHere()).toBe(true);
  });

  it('counts by the time of its mark, which may be of long ago', () => {
    const { deliveries, log, markOf, pass } = world();
    markOf('gone', GONE_AFTER_MS);
    expect([deliveries.olderAreHere(), log]).toEqual([false, []]);
    markOf('lately', GONE_AFTER_MS - 10);
    expect(deliveries.olderAreHere()).toBe(true);
    pass(10);
    expect(deliveries.olderAreHere()).toBe(false);
  });

  it('is none that reads it, no ingest, no event and nothing that another program wrote', () => {
    const { deliveries, newerMarkOf, note } = world();
    newerMarkOf('new');
    note({});
    note({ type: 'appointment.created', appId: 'old' });
    note({ appId: 'old', headers: { cursor: 'x' } });
    deliveries.note(undefined);
    expect(deliveries.olderAreHere()).toBe(false);
  });
});

describe('the delivery instances that are here', () => {
  it('are those that have marked lately, of whatever version', () => {
    const { deliveries, markOf, newerMarkOf, pass } = world();
    newerMarkOf('two');
    pass(GONE_AFTER_MS - 1);
    newerMarkOf('one');
    markOf('old');
    expect(deliveries.names()).toEqual(['old', 'one', 'two']);
    pass(1);
    expect(deliveries.names()).toEqual(['old', 'one']);
  });

  it('are not those that have said goodbye, also where that is read long afterwards', () => {
    const { deliveries, newerMarkOf, pass } = world();
    for (const name of ['one', 'two']) newerMarkOf(name);
    newerMarkOf('one', { [LAST_MARK_HEADER]: 'true' });
    expect(deliveries.names()).toEqual(['two']);
    pass(1);
    newerMarkOf('three', { [LAST_MARK_HEADER]: 'true' });
    expect(deliveries.names()).toEqual(['two']);
  });
});
