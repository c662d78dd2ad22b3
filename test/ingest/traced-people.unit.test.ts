import { describe, expect, it } from '@jest/globals';
import {
  pushOf,
  recipientsOf,
  toldOf,
  whyNobody,
  whyUnconfirmed,
  type Whereabouts,
} from '../../services/ingest/admin/traced-people.ts';
import type { PushReceipt, Receipt, ReceiptStage, WayTold } from '../../shared/contract/receipt.ts';
import type { Revocation } from '../../shared/revocations/revocation.ts';
import { cursorAt, NOON } from '../delivery/fakes.ts';

const CUSTOMER = { role: 'customer', user_id: 6 } as const;
const cursor = cursorAt(NOON);
const atSecond = (seconds: number) => new Date(NOON + seconds * 1000).toISOString();
const NOBODY: Whereabouts = { sessions: [], left: [], missing: [] };

function receipt(stage: ReceiptStage, seconds: number, connection: number, how?: WayTold): Receipt {
  const own: Receipt = ['a', cursor, 'customer', 6, stage, atSecond(seconds), connection, 'ws-1'];
  if (how !== undefined) own[8] = how;
  return own;
}
const session = (role: 'customer' | 'provider', seconds: number, connection = 1) => {
  return { role, user_id: 6, connection_id: connection, instance: 'ws-1', since: atSecond(seconds) };
};
const revoked = (named: Partial<Revocation>): Revocation => {
  return { id: 'r', reason: 'left', until: atSecond(99), created_at: atSecond(-5), ...named };
};

describe('whom an event concerns', () => {
  const rooms = ['admin', 'calendar', 'everyone', 'provider_4', 'customer_6'];

  it('are those of its personal rooms', () => {
    expect(recipientsOf({ event: 'appointment.created', rooms })).toEqual([
      { role: 'provider', user_id: 4 },
      CUSTOMER,
    ]);
  });

  it('are nobody where it is not an appointment’s, of which there are no receipts', () => {
    expect(recipientsOf({ event: 'unavailability.created', rooms })).toEqual([]);
  });
});

describe('what push made of it', () => {
  const push = (stage: 'pushed' | 'failed', how: string, userId = 6): PushReceipt => {
    return ['a', cursor, 'customer', userId, stage, atSecond(20), 'p-1', how];
  };

  it('is that a push service took it, whatever failed beside', () => {
    const pushes = [push('failed', 'timeout'), push('pushed', 'webpush'), push('failed', 'superseded')];
    expect(pushOf(CUSTOMER, pushes)).toEqual({ push: { stage: 'pushed', at: atSecond(20), how: 'webpush' } });
  });

  it('is why nobody was woken, and nothing of somebody else', () => {
    expect(pushOf(CUSTOMER, [push('failed', 'no_device')]).push).toMatchObject({ how: 'no_device' });
    expect(pushOf(CUSTOMER, [push('pushed', 'fcm', 7)])).toEqual({});
  });
});

describe('how far it got', () => {
  it('is the furthest stage, since its first receipt, and the way in which that connection was written it', () => {
    const receipts = [
      receipt('written', 0, 1, 'live'),
      receipt('written', 60, 2, 'resume'),
      receipt('delivered', 62, 2),
      receipt('delivered', 61, 2),
    ];
    expect(toldOf(CUSTOMER, receipts)).toEqual({
      ...CUSTOMER,
      stage: 'delivered',
      at: atSecond(61),
      how: 'resume',
      connection_id: 2,
      instance: 'ws-1',
    });
    expect(toldOf({ role: 'provider', user_id: 6 }, receipts)).toBeUndefined();
  });

  it('is as it was written before, where a connection confirms by coming back', () => {
    const receipts = [receipt('written', 0, 1, 'live'), receipt('delivered', 60, 2)];
    expect(toldOf(CUSTOMER, receipts)).toMatchObject({ how: 'live', connection_id: 2 });
  });

  it('waits for a connection that is there, or whose instance does not answer, and for no other', () => {
    const told = toldOf(CUSTOMER, [receipt('written', 0, 1, 'live')]);
    if (told === undefined) throw new Error('it was written');
    const reasonIn = (here: Partial<Whereabouts>) => whyUnconfirmed(told, { ...NOBODY, ...here }).reason;
    expect(reasonIn({})).toBe('connection_gone');
    expect(reasonIn({ sessions: [session('customer', -1, 2)] })).toBe('connection_gone');
    expect(reasonIn({ sessions: [session('customer', -1)] })).toBe('unconfirmed');
    expect(reasonIn({ missing: ['ws-1'] })).toBe('unconfirmed');
  });
});

describe('why somebody was not told', () => {
  const why = (here: Partial<Whereabouts>, ...revocations: Revocation[]) => {
    const { reason, since } = whyNobody(CUSTOMER, NOON, { ...NOBODY, ...here }, revocations);
    return [reason, since];
  };

  it('is where they are: not connected, later than it, before it, or as somebody else', () => {
    expect(why({})).toEqual(['no_session', undefined]);
    const left = [-90, -60].map((seconds) => ({ ...CUSTOMER, at: atSecond(seconds) }));
    expect(why({ left })).toEqual(['no_session', atSecond(-60)]);
    expect(why({ left: [{ role: 'provider', user_id: 6, at: atSecond(-1) }] })).toEqual([
      'no_session',
      undefined,
    ]);
    expect(why({ sessions: [session('customer', 9)] })).toEqual(['connected_later', atSecond(9)]);
    expect(why({ sessions: [session('customer', 9), session('customer', -9)] })).toEqual([
      'no_receipt',
      atSecond(-9),
    ]);
    expect(why({ sessions: [session('provider', -9)] })).toEqual(['other_role', atSecond(-9)]);
  });

  it('is a revocation of them, of everybody or of none but them', () => {
    for (const named of [{ user: 'customer:6' }, { all: true } as const])
      expect(why({}, revoked(named))).toEqual(['revoked', atSecond(-5)]);
    for (const named of [{ user: 'provider:6' }, { user: 'customer:7' }, { jti: 'one' }])
      expect(why({}, revoked(named))[0]).toBe('no_session');
    expect(
      whyNobody({ role: 'secretary', user_id: 6 }, NOON, NOBODY, [revoked({ user: 'provider:6' })]),
    ).toEqual({
      role: 'secretary',
      user_id: 6,
      stage: 'none',
      reason: 'revoked',
      since: atSecond(-5),
    });
    expect(why({ sessions: [session('customer', 9)] }, revoked({ user: 'customer:6' }))[0]).toBe(
      'connected_later',
    );
  });
});
