import { describe, expect, it } from '@jest/globals';
import { announcedOf, chainOf, notesOf, nthSave } from '../../support/save-chain.ts';
import { TestIngest, type Seen } from '../../support/ingest.ts';
import { scaledMs, TEST_MS } from '../../support/time.ts';

const SLOW_MS = scaledMs(TEST_MS);

/** Sends a webhook as often as it takes; resolves once it is accepted. */
async function sendUntilAccepted(ingest: TestIngest, body: unknown): Promise<void> {
  for (;;) {
    const response = await ingest.post('/webhooks/easyappointments', body);
    await response.text();
    if (response.status === 204) return;
    expect(response.status).toBe(503);
    await ingest.ready();
  }
}

describe('a connection to the broker that breaks while webhooks flow', () => {
  it(
    'loses none that was accepted, keeps the order of each appointment, and repeats under the same ids',
    async () => {
      await using ingest = await TestIngest.start();
      const ids = Array.from({ length: 15 }, (_, index) => index + 1);
      const length = 30;
      const seen: Seen[] = [];
      const cuts = new Set([60, 150, 151, 300]);
      const isLast = (id: number) => announcedOf(id, seen).at(-1) === notesOf(id, length - 1);
      const watching = (async () => {
        while (!ids.every(isLast)) {
          seen.push(await ingest.published.nextFrame());
          if (!cuts.has(seen.length)) continue;
          ingest.proxy.cut();
          ingest.proxy.heal();
        }
      })();
      const saving = ids.map(async (id) => {
        for (let n = 0; n < length; n += 1) await sendUntilAccepted(ingest, nthSave(id, n));
      });
      await Promise.all([...saving, watching]);
      for (const id of ids) {
        const own = seen.filter(({ frame }) => !String(frame['id']).endsWith(':calendar'));
        expect(announcedOf(id, own)).toEqual(chainOf(id, length));
      }
      expect(ingest.log.join('')).toContain('lost the broker');
    },
    SLOW_MS,
  );
});
