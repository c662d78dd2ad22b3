import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../services/ingest/config.ts';
import { startIngest } from '../../services/ingest/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { INGEST_KEY, TestIngest } from '../support/ingest.ts';
import { publishOldMark } from '../support/old-mark.ts';
import { worldEnv } from '../support/world.ts';
import { until } from '../support/until.ts';

/** A mark of a delivery of before 0.2, which gives a message to the sessions in its header `rooms` and looks at nothing else. */
async function markOfOld({ channel, published }: TestIngest): Promise<void> {
  const cursor = await publishOldMark(channel);
  while ((await published.next()).properties.messageId !== cursor);
}

/** The frames of an event and its companion by the rooms to which a delivery of before 0.2 gives them. */
async function givenByOld(ingest: TestIngest, id: string, { httpPort } = ingest.service) {
  const response = await fetch(`http://127.0.0.1:${httpPort}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${INGEST_KEY}` },
    body: JSON.stringify([appointment({ id }), { event: 'calendar.sync', data: {}, id: `behind-${id}` }]),
  });
  expect(response.status).toBe(202);
  const given: [string, string][] = [];
  for (;;) {
    const { properties } = await ingest.published.next();
    if (properties.messageId === `behind-${id}`) return given;
    given.push([String(properties.messageId), String(properties.headers?.['rooms'])]);
  }
}

function logged({ log }: TestIngest, text: string): Promise<void> {
  return until(() => log.some((line) => line.includes(text)));
}

const ROOMS = 'admin,provider_4,customer_6';

describe('while a delivery of an older version is here', () => {
  it('a calendar.sync goes as a message of its own, which it gives to its staff', async () => {
    await using ingest = await TestIngest.start();
    await logged(ingest, 'read the ids');
    expect(await givenByOld(ingest, 'before')).toEqual([['before', ROOMS]]);
    await markOfOld(ingest);
    await logged(ingest, '"delivery":"old"');
    expect(await givenByOld(ingest, 'meanwhile')).toEqual([
      ['meanwhile', ROOMS],
      ['meanwhile:calendar', 'calendar'],
    ]);
  });

  it('an ingest that starts finds it in the history before it sends anything together', async () => {
    await using first = await TestIngest.start();
    await markOfOld(first);
    const second = await startIngest(readConfig(worldEnv(first.brokerUrl)), {
      logger: createLogger('test', 'silent'),
    });
    try {
      await healthUntil(second.healthPort, isReady);
      expect(await givenByOld(first, 'then', second)).toEqual([
        ['then', ROOMS],
        ['then:calendar', 'calendar'],
      ]);
    } finally {
      await second.stop();
    }
  });
});
