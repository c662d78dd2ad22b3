import { describe, expect, it } from '@jest/globals';
import type { Refusal } from '../../services/ingest/accept/problems.ts';
import { inOneGo } from '../../services/ingest/accept/steps.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { appointment } from '../support/events.ts';
import { pathsIn, world } from './intake-world.ts';

describe('events with an id', () => {
  it('under the id of another event are refused with what differs, and nothing of their array is published', async () => {
    const { take, refusalOf, confirm, ids } = world();
    const first = take(appointment({ id: 'a', data: { id: 12, start: '10:00' } })).receipts;
    confirm();
    await first;
    const moved = appointment({ id: 'a', data: { id: 12, start: '11:00' } });
    expect(pathsIn(refusalOf(moved))).toEqual(['/id', '/data/start']);
    expect(pathsIn(refusalOf([appointment({ id: 'b' }), moved]))).toEqual(['/1/id', '/1/data/start']);
    expect(refusalOf(moved)).toMatchObject({ code: 'id_reused' });
    const cancelled = { ...moved, event: 'appointment.cancelled', timestamp: '2026-12-03T10:00:00Z' };
    expect(pathsIn(refusalOf(cancelled)).slice(0, 3)).toEqual(['/id', '/event', '/timestamp']);
    expect(ids()).toEqual(['a', 'a:calendar']);
  });

  it('twice under one id in one array are refused when they are different', () => {
    const { refusalOf, ids } = world();
    const [one, other] = [{ id: 12 }, { id: 13 }].map((data) => appointment({ id: 'a', data }));
    expect(pathsIn(refusalOf([one, one, other]))).toEqual(['/2/id', '/2/data/id']);
    expect(ids()).toEqual([]);
  });

  it('are refused also when another event takes their id while they are looked at', () => {
    const { intake, take, ids } = world();
    const [one, other] = [{ id: 12 }, { id: 13 }].map((data) => appointment({ id: 'a', data }));
    const body = new TextEncoder().encode(JSON.stringify([appointment({ id: 'b' }), one]));
    const steps = intake.steps({ entrance: 'events', wrapping: { kind: 'plain' }, body });
    steps.next();
    take(other);
    expect(pathsIn(inOneGo(steps) as Refusal)).toEqual(['/1/id', '/1/data/id']);
    expect(ids()).toEqual(['a', 'a:calendar']);
  });

  it('repeat a CloudEvent also without its wrapping, and clash in its own words', async () => {
    const { take, refusalOf, confirm, ids } = world();
    const cloudEvent = { specversion: '1.0', type: 'calendar.sync', source: '/s', id: '1', data: { a: 1 } };
    const structured = { wrapping: { kind: 'cloud-event' } } as const;
    const first = take(cloudEvent, structured).receipts;
    confirm();
    await first;
    await take({ event: 'calendar.sync', id: '/s#1', data: { a: 1 } }, { entrance: 'inbox' }).receipts;
    expect(ids()).toEqual(['/s#1']);
    const later = { ...cloudEvent, time: '2026-12-03T10:00:00Z', data: { a: 2 } };
    expect(pathsIn(refusalOf(later, structured))).toEqual(['/id', '/time', '/data/a']);
  });

  it('are no other event because the time or the secretaries that ingest filled in are others', async () => {
    let now = 0;
    let secretaries = [8];
    const { take, confirm, ids } = world({ wall: () => wallTime(now), secretariesOf: () => secretaries });
    const event = appointment({ id: 'a' });
    const first = take(event).receipts;
    confirm();
    now = 5_000;
    secretaries = [9];
    expect(await take(event).receipts).toEqual(await first);
    expect(ids()).toEqual(['a', 'a:calendar']);
  });

  it('that fail are published by a retry, and leave their id to other contents', async () => {
    const { take, fail, confirm, ids } = world();
    const first = take({ event: 'calendar.sync', id: 'a', data: { a: 1 } }).receipts;
    fail();
    await expect(first).rejects.toMatchObject({ code: 'broker_unavailable' });
    const second = take({ event: 'calendar.sync', id: 'a', data: { a: 2 } }).receipts;
    confirm();
    expect(await second).toHaveLength(1);
    expect(ids()).toEqual(['a', 'a']);
  });
});

describe('an event with more data than an event may have', () => {
  const large = (bytes: number) => {
    const empty = { id: 1, provider_id: 4, notes: '' };
    return {
      event: 'appointment.created',
      data: { ...empty, notes: 'x'.repeat(bytes - JSON.stringify(empty).length) },
    };
  };

  it('is refused at its data, at the bound it is taken', () => {
    const { take, refusalOf, ids } = world();
    expect(pathsIn(refusalOf(large(65_537)))).toEqual(['/data']);
    expect(pathsIn(refusalOf([large(65_536), large(65_537)]))).toEqual(['/1/data']);
    expect(pathsIn(refusalOf(large(65_537), { entrance: 'inbox' }))).toEqual(['/data']);
    expect(ids()).toEqual([]);
    void take(large(65_536)).receipts;
    expect(ids()).toHaveLength(2);
  });

  it('is measured as it will be sent, however it was written', () => {
    const { refusalOf } = world();
    const body = new TextEncoder().encode(
      `{"event":"calendar.sync","data":{"a":[${'1e20,'.repeat(4_000)}1]}}`,
    );
    expect(pathsIn(refusalOf({}, { body }))).toEqual(['/data']);
  });

  it('of a sender who cannot send it again is cut', () => {
    const { take, handedOver } = world();
    void take({ ...large(200_000), rooms: ['admin'] }, { entrance: 'broadcast' }).receipts;
    const [event] = handedOver;
    expect(event?.event.data).toMatchObject({ id: 1, provider_id: 4, notes_truncated: true });
    expect(JSON.stringify(event?.event.data)).toHaveLength(65_536);
  });
});

describe('an instance that does not know yet which ids were used', () => {
  it('takes what has no id, and what nobody can send again', () => {
    const { take, ids } = world({ knowsIds: () => false });
    take(appointment({ rooms: ['admin'] }));
    take(appointment({ id: 'once', rooms: ['admin'] }), { entrance: 'broadcast' });
    expect(ids()).toHaveLength(4);
  });

  it('has an event with an id come again later', () => {
    const { take, ids } = world({ knowsIds: () => false });
    expect(() => take([appointment(), appointment({ id: 'a' })])).toThrow(
      expect.objectContaining({
        code: 'starting',
        retryable: true,
        message: expect.stringMatching(/try again/),
      }),
    );
    expect(ids()).toEqual([]);
  });
});
