import { describe, expect, it, jest } from '@jest/globals';
import type { ask } from '../../../services/ingest/backends/easyappointments/api/exchange.ts';
import {
  Lookups,
  type LookupsOptions,
} from '../../../services/ingest/backends/easyappointments/api/lookups.ts';
import { wallTime } from '../../../shared/core/wall-time.ts';
import { createLogger } from '../../../shared/service/logger.ts';

const NOW_MS = 1_800_000_000_000;

function world() {
  const asked = jest.fn<typeof ask>(() => new Promise(() => undefined));
  const options = {
    pace: { tryTurn: () => true, turn: () => Promise.resolve() },
    clock: () => wallTime(NOW_MS),
    now: () => NOW_MS,
    timer: () => () => undefined,
    logger: createLogger('test', 'silent'),
    site: { base: 'http://site/', headers: {} },
    decider: { observe: () => Promise.resolve() },
    ask: asked,
  } as unknown as LookupsOptions;
  return { lookups: new Lookups(options), asked };
}

describe('what is asked between the runs', () => {
  it('is the name of the oldest again of more than ten thousand customers', () => {
    const { lookups } = world();
    const isAskedFor = () => {
      void lookups.nameOf(1, NOW_MS - 1_000);
      return lookups.isDoubtful(1);
    };
    lookups.heard(1, NOW_MS);
    for (let id = 2; id <= 10_000; id += 1) lookups.heard(id, NOW_MS);
    expect(isAskedFor()).toBe(false);
    for (let id = 2; id <= 10_001; id += 1) lookups.heard(id, NOW_MS);
    expect(isAskedFor()).toBe(true);
  });

  it('are two hundred questions at a time: what is beyond is left to the next run', () => {
    const { lookups, asked } = world();
    lookups.start([]);
    for (let id = 1; id <= 250; id += 1) void lookups.nameOf(id, NOW_MS);
    expect(asked).toHaveBeenCalledTimes(200);
    lookups.stop();
  });
});
