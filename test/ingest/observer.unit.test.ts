import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '../../services/ingest/metrics.ts';
import { IngestObserver } from '../../services/ingest/observer.ts';
import { wallClock } from '../../shared/service/clock.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { newCursor } from '../../shared/service/new-cursor.ts';
import { lineSink } from '../support/line-sink.ts';

const TIMES = 200;

async function refuseOften(fields: { readonly entrance: 'events' | 'inbox'; readonly remote?: string }) {
  const log: string[] = [];
  const metrics = createMetrics({ unconfirmed: () => 0, ids: () => 0 });
  const observer = new IngestObserver(metrics, createLogger('test', 'info', lineSink(log)), () => undefined);
  for (let time = 0; time < TIMES; time += 1) {
    observer.refused({ code: 'unauthorized', problem: 'no key', ...fields });
  }
  const [counted] = (await metrics.refused.get()).values;
  return { lines: log.join('').trim().split('\n').length, counted: counted?.value };
}

describe('refusals', () => {
  it('of one address are sixty lines a minute; the metrics have all', async () => {
    expect(await refuseOften({ entrance: 'events', remote: '203.0.113.7' })).toEqual({
      lines: 60,
      counted: TIMES,
    });
  });

  it('of messages are all said: where a policy drops them, nothing else has the reason', async () => {
    expect(await refuseOften({ entrance: 'inbox' })).toEqual({ lines: TIMES, counted: TIMES });
  });
});

describe('the line of an accepted event', () => {
  const log: string[] = [];
  const metrics = createMetrics({ unconfirmed: () => 0, ids: () => 0 });
  const observer = new IngestObserver(
    metrics,
    createLogger('test', 'info', lineSink(log)).child({ instance: 'i-1' }),
    () => undefined,
  );
  const lines = () => log.splice(0).map((line) => JSON.parse(line) as unknown);

  it('names it, and who wrote it, and nothing of its data', () => {
    const event = { id: 'booking-12', rooms: ['admin'], cursor: newCursor(wallClock()) } as const;
    observer.accepted({ ...event, name: 'appointment.created', entrance: 'events', repeated: false });
    const { id, rooms, cursor } = event;
    const [line] = lines();
    expect(line).toMatchObject({
      id,
      event: 'appointment.created',
      rooms,
      cursor,
      entrance: 'events',
      repeated: false,
    });
    expect(line).toMatchObject({ level: 30, name: 'test', instance: 'i-1', msg: 'accepted an event' });
    expect(Object.keys(line as object)).toHaveLength(13);
  });

  it('leaves the others redacted', () => {
    const secrets = { token: 't', authorization: 'a', url: 'u' };
    observer.refused({ entrance: 'inbox', code: 'unauthorized', problem: 'no key', details: secrets });
    const hidden = '[redacted]';
    expect(lines()).toMatchObject([{ token: hidden, authorization: hidden, url: hidden }]);
  });
});
