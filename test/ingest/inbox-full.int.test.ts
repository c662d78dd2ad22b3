import { describe, expect, it } from '@jest/globals';
import { InboxRoom } from '../../services/ingest/inbox/inbox-room.ts';
import { INBOX } from '../../shared/contract/topology.ts';
import { healthUntil, type Health } from '../support/health.ts';
import { HeldInbox } from '../support/held-inbox.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import { WebhookSaves, WITHOUT_RATE_LIMIT } from '../support/webhook-saves.ts';
import { World } from '../support/world.ts';

const HOUR_MS = 60 * 60 * 1000;
const MAX = 20;
/** A whole row, as the fork sends it: the ledger is to learn of it. */
const call = {
  event: 'appointment_updated',
  data: {
    id: 900_001,
    create_datetime: '2026-11-20 10:00:00',
    start_datetime: '2030-12-03 10:00:00',
    end_datetime: '2030-12-03 10:45:00',
    id_users_provider: 4,
  },
  rooms: ['provider_4'],
};
const names = (code: string) => (health: Health) => health.body.reasons.some((one) => one.code === code);

describe('an inbox in which more waits than INBOX_MAX_MESSAGES', () => {
  it(
    'refuses webhooks and what else goes by it, says so in health, and takes all again once it is shorter',
    async () => {
      await using inbox = await HeldInbox.start();
      await using world = await World.start({
        amqpUrl: inbox.vhost.url,
        env: { ...WITHOUT_RATE_LIMIT, INBOX_MAX_MESSAGES: String(MAX) },
      });
      await using client = await world.join('admin', 1);
      const [ingest] = world.ingests;
      const saves = new WebhookSaves(world);

      const refused = await saves.untilRefused();
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await refused.json()).toMatchObject({
        code: 'inbox_full',
        detail: expect.stringMatching(/^\d+ messages wait in appointments.inbox/) as unknown,
      });
      const broadcast = await world.post('/broadcast', call);
      expect([broadcast.status, await broadcast.json()]).toEqual([
        503,
        expect.objectContaining({ success: false, code: 'inbox_full' }),
      ]);
      const event = { event: 'calendar.sync', data: {}, id: 'past the inbox' };
      expect((await world.post('/v1/events', event)).status).toBe(202);
      const { body } = await healthUntil(ingest?.healthPort ?? 0, names('inbox_full'));
      expect(body.status).toBe('degraded');

      await inbox.letGo();
      await saves.untilTaken();
      await saves.untilTold(client);
      expect((await world.post('/broadcast', call)).status).toBe(200);
      await healthUntil(ingest?.healthPort ?? 0, names('inbox_full'));
    },
    scaledMs(TEST_MS),
  );
});

describe('room in the inbox', () => {
  const roomFor = (waiting: number | undefined) => {
    const world = { waiting, nowMs: 0 };
    const room = new InboxRoom(
      MAX,
      () => world.waiting,
      () => world.nowMs,
    );
    return Object.assign(world, { room });
  };

  it.each([0, MAX, undefined])('is there while %p messages wait', (waiting) => {
    const { room } = roomFor(waiting);
    room.ensure();
    expect(room.refusals).toBeUndefined();
  });

  it('is not there beyond its limit, and what was refused is told of for an hour', () => {
    const world = roomFor(MAX + 1);
    const full = expect.objectContaining({ code: 'inbox_full', message: expect.stringContaining(INBOX) });
    expect(() => world.room.ensure()).toThrow(full);
    expect(() => world.room.ensure()).toThrow(full);
    world.waiting = 0;
    world.room.ensure();
    world.nowMs = HOUR_MS - 1;
    expect(world.room.refusals).toEqual({ count: 2, limit: MAX });
    world.nowMs = HOUR_MS;
    expect(world.room.refusals).toBeUndefined();
    world.waiting = MAX + 1;
    expect(() => world.room.ensure()).toThrow(full);
    expect(world.room.refusals).toEqual({ count: 1, limit: MAX });
  });
});
