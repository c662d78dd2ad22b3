import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '../../services/ingest/metrics.ts';
import { IngestObserver } from '../../services/ingest/observer.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { lineSink } from '../support/line-sink.ts';

const TIMES = 200;

async function refuseOften(fields: { readonly entrance: 'events' | 'inbox'; readonly remote?: string }) {
  const log: string[] = [];
  const metrics = createMetrics({ unconfirmed: () => 0, ids: () => 0 });
  const observer = new IngestObserver(metrics, createLogger('test', 'info', lineSink(log)));
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
