import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Role } from '../../shared/contract/rooms.ts';
import { DeviceList } from '../../shared/devices/device-list.ts';
import { DeviceLine, Registration, type RegisteredDevice } from '../../shared/devices/device.ts';
import { NOW_MS } from '../push/notifications.ts';
import { Subscriber } from '../../tools/push-service/subscriber.ts';

const DAY_MS = 86_400_000;
const LIMITS = { maxPerPerson: 10, maxAgeMs: 180 * DAY_MS };

function device(number: number, changes: { role?: Role; user?: number; token?: number; day?: number } = {}) {
  const { role = 'provider', user = 4, token = number, day = 0 } = changes;
  return {
    id: idOf(number),
    role,
    user_id: user,
    seen_at: new Date(NOW_MS + day * DAY_MS).toISOString(),
    registration: { kind: 'fcm', token: `token-${token}` },
  } satisfies RegisteredDevice;
}

const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function listOf(...devices: readonly RegisteredDevice[]): DeviceList {
  const list = new DeviceList(LIMITS);
  for (const one of devices) list.apply({ device: one });
  return list;
}

const idsOf = (list: DeviceList, role: Role = 'provider', user = 4, nowMs = NOW_MS) =>
  list.of(role, user, nowMs).map(({ id }) => id);

describe('the devices of a person', () => {
  it('are those that were registered for them', () => {
    const list = listOf(device(1), device(2), device(3, { user: 5 }), device(4, { role: 'customer' }));
    expect(idsOf(list)).toEqual([idOf(1), idOf(2)]);
    expect(idsOf(list, 'customer')).toEqual([idOf(4)]);
    expect(idsOf(list, 'secretary')).toEqual([]);
  });

  it('are ten at most: the one that was not seen for longest goes', () => {
    const ten = Array.from({ length: 10 }, (_, at) => device(at + 1));
    const list = listOf(...ten, device(1), device(11));
    expect(idsOf(list)).toEqual([...[3, 4, 5, 6, 7, 8, 9, 10, 1, 11].map(idOf)]);
  });

  it('are forgotten once they were not seen for 180 days', () => {
    const list = listOf(device(1), device(2, { day: 1 }));
    const nowMs = NOW_MS + 180 * DAY_MS;
    expect(idsOf(list, 'provider', 4, nowMs)).toEqual([idOf(2)]);
    expect(list.get(idOf(1), nowMs)).toBeUndefined();
    expect(list.size).toBe(2);
    list.forgetUnseen(nowMs);
    expect(list.size).toBe(1);
  });

  it('lose a phone that somebody else registers, by its id', () => {
    const list = listOf(device(1), device(1, { user: 5 }));
    expect([idsOf(list), idsOf(list, 'provider', 5)]).toEqual([[], [idOf(1)]]);
  });

  it('lose a phone whose app was installed anew, by its address', () => {
    const list = listOf(device(1), device(2, { user: 5, token: 1 }));
    expect([idsOf(list), idsOf(list, 'provider', 5)]).toEqual([[], [idOf(2)]]);
  });

  it('lose one that is removed, but not one that was registered again since', () => {
    const list = listOf(device(1), device(2), device(2, { day: 2 }));
    for (const number of [1, 2])
      list.apply({ removed: { id: idOf(number), seen_at: device(number).seen_at } });
    expect(idsOf(list)).toEqual([idOf(2)]);
  });
});

describe('whatever is registered and removed', () => {
  const lines = fc.array(
    fc.record({
      number: fc.integer({ min: 1, max: 30 }),
      token: fc.integer({ min: 1, max: 25 }),
      user: fc.integer({ min: 1, max: 3 }),
      isRemoved: fc.integer({ min: 0, max: 4 }).map((value) => value === 0),
    }),
    { maxLength: 120 },
  );

  it('a device is of one person, an address of one device, ten of a person, and all readers agree', () => {
    fc.assert(
      fc.property(lines, (given) => {
        const list = new DeviceList(LIMITS);
        for (const { number, token, user, isRemoved } of given) {
          const one = device(number, { token, user });
          list.apply(isRemoved ? { removed: one } : { device: one });
          if (!isRemoved) expect(list.get(one.id, NOW_MS)).toEqual(one);
        }
        const all = [1, 2, 3].flatMap((user) => list.of('provider', user, NOW_MS));
        const tokens = all.map(({ registration }) => JSON.stringify(registration));
        expect([new Set(all.map(({ id }) => id)).size, new Set(tokens).size]).toEqual([list.size, list.size]);
        for (const user of [1, 2, 3]) expect(idsOf(list, 'provider', user).length).toBeLessThanOrEqual(10);
        // Written anew, the stream makes the same list.
        const again = listOf(...list.entries(NOW_MS));
        expect(again.entries(NOW_MS)).toEqual(list.entries(NOW_MS));
        for (const user of [1, 2, 3])
          expect(again.of('provider', user, NOW_MS)).toEqual(list.of('provider', user, NOW_MS));
      }),
    );
  });
});

const subscription = new Subscriber().subscription('https://push.example.org/x');

describe('what a phone registers', () => {
  it.each([
    [
      { kind: 'webpush', subscription: { ...subscription, expirationTime: null } },
      { kind: 'webpush', subscription },
    ],
    [{ kind: 'unifiedpush', subscription, language: 'pt-BR' }, undefined],
    [{ kind: 'ntfy', url: 'https://ntfy.example.org/office-4', token: 'tk_abc' }, undefined],
    [{ kind: 'fcm', token: 'cI1:APA91b_x-y' }, undefined],
    [{ kind: 'apns', token: 'a1'.repeat(32), language: 'de' }, undefined],
  ])('is taken: %j', (given, kept) => {
    expect(Registration.parse(given)).toEqual(kept ?? given);
  });

  it.each([
    [{ kind: 'sms', token: 'x' }],
    [{ kind: 'fcm' }],
    [{ kind: 'fcm', token: '' }],
    [{ kind: 'fcm', token: 'x'.repeat(1_025) }],
    [{ kind: 'fcm', token: 'a b' }],
    [{ kind: 'apns', token: '../../evil' }],
    [{ kind: 'webpush', subscription: { endpoint: subscription.endpoint } }],
    [{ kind: 'webpush', subscription: { ...subscription, endpoint: 'x'.repeat(2_049) } }],
    [{ kind: 'webpush', subscription: { ...subscription, keys: { p256dh: 'x', auth: 'y' } } }],
    [{ kind: 'ntfy', url: 'https://ntfy.example.org/x', token: 'tk_a\r\nx: y' }],
    [{ kind: 'fcm', token: 'x', language: 'de\r\n' }],
  ])('is refused: %j', (given) => {
    expect(Registration.safeParse(given).success).toBe(false);
  });

  it('stands in the stream as lines of three kinds', () => {
    const one = device(1);
    const kinds = [{ device: one }, { removed: { id: one.id, seen_at: one.seen_at } }, { barrier: 'x' }];
    expect(kinds.map((line) => DeviceLine.parse(line))).toEqual(kinds);
    expect(DeviceLine.safeParse({ device: { ...one, id: '1' } }).success).toBe(false);
  });
});
