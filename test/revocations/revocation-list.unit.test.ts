import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RevocationList, type Bearer } from '../../shared/revocations/revocation-list.ts';
import type { Revocation } from '../../shared/revocations/revocation.ts';

const at = (second: number) => new Date(second * 1_000).toISOString();
const NOW_MS = 500_000;

let lastId = 0;
function revocation(fields: Partial<Revocation>): Revocation {
  lastId += 1;
  return { id: `r${lastId}`, reason: 'because', until: at(1_000), created_at: at(400), ...fields };
}
function listOf(...revocations: Partial<Revocation>[]): RevocationList {
  const list = new RevocationList();
  for (const fields of revocations) list.add(revocation(fields), NOW_MS);
  return list;
}
const provider: Bearer = { role: 'provider', userId: 4, tokenId: 't1', issuedAtMs: 450_000 };

describe('who bears a token', () => {
  it.each<[string, Partial<Revocation>, Bearer, 'blocked' | 'outdated' | undefined]>([
    ['that is of a blocked user is blocked', { user: 'provider:4' }, provider, 'blocked'],
    ['of another user is not', { user: 'provider:5' }, provider, undefined],
    ['is blocked in every role of the staff', { user: 'admin:4' }, provider, 'blocked'],
    ['is not the customer of the same id', { user: 'customer:4' }, provider, undefined],
    ['from before is outdated', { user: 'provider:4', issued_before: at(460) }, provider, 'outdated'],
    ['from after is not', { user: 'provider:4', issued_before: at(450) }, provider, undefined],
    [
      'that says no time may be from before',
      { all: true, issued_before: at(1) },
      { role: 'customer', userId: 6 },
      'outdated',
    ],
    ['of anybody is meant by all', { all: true, issued_before: at(460) }, provider, 'outdated'],
    ['is meant by the id of the token', { jti: 't1' }, provider, 'outdated'],
    ['is not meant by another', { jti: 't2' }, provider, undefined],
    ['without an id is meant by none', { jti: '' }, { role: 'customer', userId: 6 }, undefined],
    ['is good once it is over', { user: 'provider:4', until: at(500) }, provider, undefined],
  ])('%s', (_what, fields, bearer, verdict) => {
    expect(listOf(fields).judge(bearer, NOW_MS)).toBe(verdict);
  });

  it('is blocked where one of several says so', () => {
    const list = listOf(
      { all: true, issued_before: at(460) },
      { user: 'provider:4' },
      { user: 'provider:4', issued_before: at(460) },
    );
    expect(list.judge(provider, NOW_MS)).toBe('blocked');
  });
});

describe('the list', () => {
  it('judges as a look at each would, whatever came, was lifted or is over', () => {
    const name = fc.constantFrom('provider:1', 'admin:1', 'customer:1', 'customer:2');
    const second = fc.integer({ min: 1, max: 9 });
    const named = fc.oneof(
      fc.record({ user: name }),
      fc.record({ user: name, issued_before: second.map(at) }),
      fc.record({ jti: fc.constantFrom('a', 'b') }),
      fc.record({ all: fc.constant(true as const), issued_before: second.map(at) }),
    );
    const step = fc.oneof(
      fc.record({ add: fc.tuple(named, second) }),
      fc.record({ lift: fc.nat({ max: 20 }) }),
      fc.record({ forget: second }),
    );
    const bearers = fc.record(
      {
        role: fc.constantFrom('provider', 'admin', 'customer'),
        userId: fc.constantFrom(1, 2),
        tokenId: fc.constantFrom('a', 'b'),
        issuedAtMs: second.map((s) => s * 1_000),
      },
      { requiredKeys: ['role', 'userId'] },
    );
    const judgedAt = fc.integer({ min: 5, max: 12 });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 20 }),
        fc.array(bearers, { minLength: 1 }),
        judgedAt,
        (steps, all, nowS) => {
          const list = new RevocationList();
          const kept: Revocation[] = [];
          const given: Revocation[] = [];
          for (const one of steps) {
            if ('add' in one) {
              const [fields, untilS] = one.add;
              const added = revocation({ ...fields, until: at(untilS) });
              given.push(added);
              list.add(added, 0);
              kept.push(added);
            } else if ('lift' in one) {
              const lifted = given[one.lift % Math.max(1, given.length)];
              if (lifted === undefined) continue;
              list.lift(lifted.id);
              if (kept.includes(lifted)) kept.splice(kept.indexOf(lifted), 1);
            } else {
              // Never later than it is judged.
              list.forgetEnded(Math.min(one.forget, nowS) * 1_000);
            }
          }
          for (const bearer of all)
            expect(list.judge(bearer, nowS * 1_000)).toBe(byEach(kept, bearer, nowS * 1_000));
          const inForce = kept.filter(({ until }) => Date.parse(until) > nowS * 1_000);
          expect(list.entries(nowS * 1_000)).toEqual(inForce);
        },
      ),
    );
  });

  it('keeps nothing of what is over', () => {
    const list = listOf({ user: 'provider:4', until: at(600) }, { jti: 't1' });
    list.forgetEnded(600_000);
    expect(list.size).toBe(1);
    list.add(revocation({ user: 'provider:4', until: at(600) }), 600_000);
    expect(list.size).toBe(1);
  });
});

/** The rules of PROTOCOL.md, one after the other. */
function byEach(kept: readonly Revocation[], bearer: Bearer, nowMs: number) {
  const isStaff = bearer.role !== 'customer';
  const meant = kept.filter(({ user, jti, until, issued_before }) => {
    if (Date.parse(until) <= nowMs) return false;
    if (jti !== undefined) return jti === bearer.tokenId;
    if (issued_before !== undefined && (bearer.issuedAtMs ?? 0) >= Date.parse(issued_before)) return false;
    if (user === undefined) return true;
    const [role, id] = user.split(':');
    return Number(id) === bearer.userId && (role !== 'customer') === isStaff;
  });
  if (meant.some(({ jti, issued_before }) => jti === undefined && issued_before === undefined))
    return 'blocked';
  return meant.length > 0 ? 'outdated' : undefined;
}
