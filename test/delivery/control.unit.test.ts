import { describe, expect, it } from '@jest/globals';
import { Control, type ControlOptions } from '../../services/delivery/control/control.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { lineSink } from '../support/line-sink.ts';
import { ScriptedConnection } from '../support/scripted-channel.ts';
import { control, NOON, settle } from './fakes.ts';

/** An instance that looks for the sessions of each request until it is told that there are none. */
async function instance() {
  const broker = new ScriptedConnection();
  const log: string[] = [];
  const looking: (() => void)[] = [];
  const sessions: ControlOptions['sessions'] = {
    select: () => new Promise((resolve) => looking.push(() => resolve([]))),
    disconnect: () => Promise.resolve(),
    leftAt: () => undefined,
  };
  const requests = new Control(broker.connection, {
    instance: 'ws-1',
    sessions,
    stream: { past: () => Promise.resolve([]) },
    wall: () => wallTime(NOON),
    now: () => 0,
    logger: createLogger('test', 'info', lineSink(log)),
  });
  await settle();
  const body = Buffer.from(
    JSON.stringify({ reply_to: 'answers', request: { ask: 'disconnect', of: {}, reason: 'a test' } }),
  );
  return {
    take: (count: number) => {
      for (let n = 0; n < count; n += 1) requests.take({ ...control(), body });
    },
    answer: async () => {
      for (const end of looking.splice(0)) end();
      await settle();
    },
    answers: () => broker.broker.published.length,
    passedOver: () => log.filter((line) => line.includes('a control request was passed over')).length,
  };
}

describe('the requests of operators', () => {
  it('that an instance works on are 32 at a time; those beyond it are passed over', async () => {
    const one = await instance();
    one.take(32);
    expect(one.passedOver()).toBe(0);
    one.take(3);
    expect(one.passedOver()).toBe(3);
    await settle();
    expect(one.answers()).toBe(0);
    await one.answer();
    expect(one.answers()).toBe(32);
    one.take(1);
    await one.answer();
    expect([one.answers(), one.passedOver()]).toEqual([33, 3]);
  });
});
