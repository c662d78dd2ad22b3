import { describe, expect, it } from '@jest/globals';
import { languages } from '../../services/push/texts/texts.ts';
import type { Notification } from '../../services/push/senders/sender.ts';
import type { TriedNow } from '../../services/push/sending/dispatcher.ts';
import { testDevices } from '../../services/push/waking/device-tests.ts';
import { DeviceList } from '../../shared/devices/device-list.ts';
import { settled } from './dispatch-world.ts';
import { NOW_MS } from './notifications.ts';

const seen_at = new Date(NOW_MS).toISOString();
const jane = { role: 'provider', user_id: 4 } as const;

/** Jane's devices, one for each language; nobody else has one. */
function world(tags: readonly string[]) {
  const devices = new DeviceList({ maxPerPerson: 10, maxAgeMs: 180 * 86_400_000 });
  for (const [index, language] of tags.entries()) {
    const registration = { kind: 'fcm', token: `planted-${index}`, language } as const;
    const id = `00000000-0000-4000-8000-00000000000${index}`;
    devices.apply({ device: { id, ...jane, seen_at, registration } });
  }
  const sent: { notification: Notification; answer: (one: TriedNow) => void }[] = [];
  const gone: string[] = [];
  const timers: (() => void)[] = [];
  const test = (user_id: number = jane.user_id) =>
    testDevices(
      { ...jane, user_id },
      {
        devices,
        dispatcher: {
          tryNow: (_recipient, notification) => new Promise((answer) => sent.push({ notification, answer })),
        },
        clickUrl: 'https://office.example.org/{id}',
        onGone: ({ id }) => gone.push(id),
        now: () => NOW_MS,
        callLater: (act) => timers.push(act),
      },
    );
  return { test, sent, gone, timers };
}

const host = 'push.example.org';

describe('a test of the devices of a user', () => {
  it('tells of each what its push service said, and nothing by which somebody else could push to it', async () => {
    const { test, sent } = world(['de', 'en']);
    const tested = test();
    await settled();
    sent[0]?.answer({ host, outcome: 'accepted' });
    sent[1]?.answer({ host, outcome: 'refused', reason: 'status_403' });
    expect(await tested).toEqual([
      { kind: 'fcm', host, seen_at, outcome: 'accepted' },
      { kind: 'fcm', host, seen_at, outcome: 'refused', reason: 'status_403' },
    ]);
    expect(JSON.stringify(await tested)).not.toContain('planted');
  });

  it.each(Object.entries(languages))(
    'says in %s that it is one',
    async (tag, { test: title, tested: body }) => {
      const { test, sent } = world([tag]);
      void test();
      await settled();
      expect(sent[0]?.notification).toMatchObject({
        title,
        body,
        topic: 'test',
        url: 'https://office.example.org/',
      });
    },
  );

  it('forgets a device that its push service does not know', async () => {
    const { test, sent, gone } = world(['en']);
    const tested = test();
    await settled();
    sent[0]?.answer({ host, outcome: 'gone', reason: 'status_410' });
    expect(await tested).toMatchObject([{ outcome: 'gone', reason: 'status_410' }]);
    expect(gone).toHaveLength(1);
  });

  it('does not wait for a push service that says nothing', async () => {
    const { test, timers } = world(['en']);
    const tested = test();
    await settled();
    for (const act of timers) act();
    expect(await tested).toMatchObject([{ outcome: 'later', reason: 'timeout' }]);
  });

  it('is empty for somebody who has none', async () => {
    const { test } = world(['en']);
    expect(await test(5)).toEqual([]);
  });
});
