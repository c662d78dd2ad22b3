import { describe, expect, it } from '@jest/globals';
import { Feed } from '../../client/src/feed.ts';
import type { RoomcastEvent, ServerFrame } from '../../client/src/frames.ts';

function event(number: number, more: Partial<RoomcastEvent> = {}): RoomcastEvent {
  const plain: RoomcastEvent = {
    event: 'appointment.updated',
    data: {},
    timestamp: '',
    id: `event-${number}`,
    cursor: `cursor-${number}`,
  };
  return Object.assign(plain, more);
}
const gap = (number: number) => event(number, { event: 'calendar.sync', data: { reason: 'gap' } });
const resumed = { type: 'resumed', cursor: 'cursor-9' } as const;
const connected = (cursor: string): ServerFrame => ({
  type: 'connected',
  cursor,
  expires_at: '',
  ping_interval_seconds: 25,
});

describe('what a client has had', () => {
  it('has a place from the first frame on, before any event', () => {
    const feed = new Feed();
    feed.take(connected('cursor-7'));
    expect(feed.cursor).toBe('cursor-7');
  });

  it('drops what comes again, up to 10,000 events later', () => {
    const feed = new Feed();
    for (let number = 0; number <= 10_000; number += 1) feed.take(event(number));
    expect(feed.take(event(1))).toBeUndefined();
    expect(feed.take(event(0))).toEqual(event(0));
  });

  it('tells of a gap once where a resume did not find its place', () => {
    const feed = new Feed();
    expect(feed.take({ ...resumed, recovered: false, reason: 'expired' })).toEqual({ reason: 'expired' });
    expect(feed.take(gap(1))).toBeUndefined();
    expect(feed.recovered).toBe(false);
    expect(feed.take(gap(2))).toEqual({ reason: 'gap' });
  });

  it('tells of a gap that comes by itself', () => {
    const feed = new Feed();
    feed.take({ ...resumed, recovered: true });
    expect(feed.take(gap(1))).toEqual({ reason: 'gap' });
    expect(feed.recovered).toBe(false);
  });

  it('has recovered once a resume says so', () => {
    const feed = new Feed();
    feed.take({ ...resumed, recovered: true });
    expect(feed.recovered).toBe(true);
    feed.take(connected('cursor-9'));
    expect(feed.recovered).toBe(true);
  });
});
