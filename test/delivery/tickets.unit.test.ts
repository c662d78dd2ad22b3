import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { Hs256Keys } from '../../services/delivery/auth/hs256.ts';
import { Tickets } from '../../services/delivery/auth/tickets.ts';
import { createTokenVerifier } from '../../services/delivery/auth/verify-token.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { NOON } from './fakes.ts';

const SECRET = 'the-secret-of-these-tests-0123456789';
const OLD_SECRET = 'the-secret-before-that-one-987654321';
const nowS = NOON / 1000;

/** One instance, with a clock that the test sets. */
class Instance {
  nowMs = NOON;
  readonly verify: ReturnType<typeof createTokenVerifier>;
  readonly tickets: Tickets;

  constructor(
    secrets: readonly string[] = [SECRET],
    options: { lifetimeMs?: number; maxUsed?: number } = {},
  ) {
    const wall = () => wallTime(this.nowMs);
    const keys = new Hs256Keys(secrets);
    this.verify = createTokenVerifier(keys, wall, { maxLifetimeMs: 86_400_000 });
    this.tickets = new Tickets(keys, this.verify, wall, options);
  }

  async ticket(token: string = tokenOf()): Promise<string> {
    const issued = await this.tickets.issue(token);
    if ('refused' in issued) throw new Error(issued.message);
    return issued.ticket;
  }
}

function tokenOf(changes: object = {}, secret = SECRET): string {
  const claims = { exp: nowS + 900, user_id: 4, role: 'provider', ...changes };
  return jwt.sign(claims, secret, { noTimestamp: true });
}

const principal = { userId: 4, role: 'provider', expiresAtMs: NOON + 900_000 };

describe('a ticket', () => {
  it('is issued for a token, and good for a minute', async () => {
    const { tickets } = new Instance();
    expect(await tickets.issue(tokenOf())).toEqual({
      ticket: expect.any(String),
      expiresAt: new Date(NOON + 60_000).toISOString(),
    });
  });

  it('opens a session of the same person, which ends when that of the token would', async () => {
    const instance = new Instance();
    expect(instance.tickets.redeem(await instance.ticket())).toEqual({ principal });
  });

  it('opens a session that a revocation finds as it would that of the token: by its id, and by when it was issued', async () => {
    const instance = new Instance();
    const claims = { user_id: 4, role: 'provider', exp: nowS + 900, iat: nowS - 10.5, jti: 'token-7' };
    const ticket = await instance.ticket(jwt.sign(claims, SECRET));
    expect(instance.tickets.redeem(ticket)).toEqual({
      principal: { ...principal, issuedAtMs: NOON - 10_500, tokenId: 'token-7' },
    });
  });

  it('is good on every instance, and up to its last moment', async () => {
    const [issuer, other] = [new Instance(), new Instance()];
    const ticket = await issuer.ticket();
    other.nowMs = NOON + 59_999;
    expect(issuer.tickets.redeem(ticket)).toEqual({ principal });
    expect(other.tickets.redeem(ticket)).toEqual({ principal });
  });

  it('does not outlive the token', async () => {
    const instance = new Instance();
    const issued = await instance.tickets.issue(tokenOf({ exp: nowS + 10 }));
    expect(issued).toMatchObject({ expiresAt: new Date(NOON + 10_000).toISOString() });
  });

  it('is taken from an instance whose clock is 30 s ahead, or that signs with the other secret of a rotation', async () => {
    const ahead = new Instance();
    ahead.nowMs += 30_000;
    expect(new Instance().tickets.redeem(await ahead.ticket())).toEqual({ principal });
    const behind = await new Instance([OLD_SECRET]).ticket(tokenOf({}, OLD_SECRET));
    expect(new Instance([SECRET, OLD_SECRET]).tickets.redeem(behind)).toEqual({ principal });
  });

  it('is not issued for a token that is refused', async () => {
    const { tickets } = new Instance();
    expect(await tickets.issue(tokenOf({ exp: nowS }))).toMatchObject({ refused: 'TOKEN_EXPIRED' });
    expect(await tickets.issue(tokenOf({ role: 'superuser' }))).toMatchObject({ refused: 'AUTH_FAILED' });
  });

  it('holds nothing of the token but the person and the end', async () => {
    const instance = new Instance();
    const token = tokenOf({ email: 'p@example.org' });
    const [, claims = ''] = (await instance.ticket(token)).split('.');
    expect(Buffer.from(claims, 'base64url').toString()).not.toContain('example.org');
    expect(await instance.ticket(token)).not.toContain(token.split('.')[2]);
  });
});

const foreignTicket = await new Instance([OLD_SECRET]).ticket(tokenOf({}, OLD_SECRET));

describe('a ticket is refused', () => {
  it('at its second use on the same instance, for as long as it would be good', async () => {
    const instance = new Instance();
    const ticket = await instance.ticket();
    instance.tickets.redeem(ticket);
    for (const laterMs of [0, 1, 59_999]) {
      instance.nowMs = NOON + laterMs;
      const verdict = instance.tickets.redeem(ticket);
      expect(verdict).toMatchObject({
        refused: 'AUTH_FAILED',
        message: expect.stringContaining('used before'),
      });
    }
  });

  it('at its second use also where it came from a clock ahead, or where ours is set back', async () => {
    const [ahead, instance] = [new Instance(), new Instance()];
    ahead.nowMs += 30_000;
    const ticket = await ahead.ticket();
    instance.tickets.redeem(ticket);
    for (const laterMs of [89_999, -3_600_000, 0]) {
      instance.nowMs = NOON + laterMs;
      expect(instance.tickets.redeem(ticket)).toMatchObject({ refused: 'AUTH_FAILED' });
    }
  });

  it('once its minute is over, whether used or not, with what to do next', async () => {
    const instance = new Instance();
    const [used, unused] = [await instance.ticket(), await instance.ticket()];
    instance.tickets.redeem(used);
    instance.nowMs = NOON + 60_000;
    for (const ticket of [used, unused]) {
      expect(instance.tickets.redeem(ticket)).toEqual({
        refused: 'TOKEN_EXPIRED',
        message: 'The ticket has expired. Ask for a new one: POST /v1/tickets with the token.',
      });
    }
  });

  it('where it ends later than any that is issued here', async () => {
    const patient = new Instance([SECRET], { lifetimeMs: 600_000 });
    expect(new Instance().tickets.redeem(await patient.ticket())).toEqual({
      refused: 'AUTH_FAILED',
      message:
        'The ticket ends later than any that is issued here. Ask for a new one: POST /v1/tickets with the token.',
    });
  });

  it.each([
    ['nothing', ''],
    ['no JWT', 'abc'],
    ['a token', tokenOf()],
    ['a token with the audience of tickets', tokenOf({ aud: 'roomcast-ticket' })],
    ['signed by somebody else', foreignTicket],
    ['without an id, so that it could be used again', forged({ jti: undefined })],
    ['of a role that there is not', forged({ session: { user_id: 4, role: 'superuser', exp: nowS + 900 } })],
    ['without an end of its session', forged({ session: { user_id: 4, role: 'provider' } })],
    ['of another audience', forged({ aud: 'mobile' })],
  ])('where it is %s', (_what, ticket) => {
    const verdict = new Instance().tickets.redeem(ticket);
    expect(verdict).toMatchObject({ refused: 'AUTH_FAILED', message: expect.stringContaining('no ticket') });
  });

  it('where a token is asked for, whatever else is in it', async () => {
    const instance = new Instance();
    const audiences = ['roomcast-ticket', ['mobile', 'roomcast-ticket']];
    for (const token of [await instance.ticket(), ...audiences.map((aud) => tokenOf({ aud }))]) {
      expect(await instance.verify(token)).toMatchObject({
        refused: 'AUTH_FAILED',
        message: expect.stringContaining('it is a ticket'),
      });
      expect(await instance.tickets.issue(token)).toMatchObject({ refused: 'AUTH_FAILED' });
    }
  });

  it('as a token of the backend, which has the same secret: its person is not where tokens have theirs', async () => {
    const claims = jwt.decode(await new Instance().ticket());
    for (const name of ['sub', 'data', 'user_id', 'role']) expect(claims).not.toHaveProperty(name);
  });

  /** As only a holder of the secret could make it. */
  function forged(changes: object): string {
    const session = { user_id: 4, role: 'provider', exp: nowS + 900 };
    const jti = '0b5c2f0e-4a3d-4f6e-9a53-2f1f60a3c6b1';
    const claims = { aud: 'roomcast-ticket', jti, exp: nowS + 60, session, ...changes };
    return jwt.sign(JSON.parse(JSON.stringify(claims)) as object, SECRET, { noTimestamp: true });
  }
});

describe('used tickets', () => {
  it('are remembered up to a bound, the youngest at least', async () => {
    const instance = new Instance([SECRET], { maxUsed: 2 });
    const tickets = await Promise.all([1, 2, 3].map(() => instance.ticket()));
    for (const ticket of tickets) instance.tickets.redeem(ticket);
    for (const ticket of tickets.slice(1)) {
      expect(instance.tickets.redeem(ticket)).toMatchObject({ refused: 'AUTH_FAILED' });
    }
  });
});
