import fc from 'fast-check';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Hs256Keys } from '../../services/delivery/auth/hs256.ts';
import { createTokenVerifier } from '../../services/delivery/auth/verify-token.ts';
import { roles } from '../../shared/contract/rooms.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { almost, anyJson, anyText, objectOf } from './any-json.ts';
import type { FuzzProperty } from './property.ts';

const SECRET = 'the-secret-of-these-tests-0123456789';
const NOW_MS = Date.UTC(2026, 10, 23, 12);
const NOW_S = NOW_MS / 1_000;
const LIFETIME_S = 31 * 24 * 60 * 60;
const LEEWAY_S = 30;
const MAX_MESSAGE = 400;
const verify = createTokenVerifier(new Hs256Keys([SECRET]), () => wallTime(NOW_MS), {
  maxLifetimeMs: LIFETIME_S * 1_000,
});

const quoted = (one: string) => JSON.stringify(one);
const userId = fc.constantFrom('4', '4', '4', '"4"', '"4"', '5', '"x"');
const role = fc.constantFrom(...roles, ...roles, ...roles, 'Admin').map(quoted);
const near = fc.integer({ min: -90, max: 90 }).map((seconds) => String(NOW_S + seconds));
const end = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: LIFETIME_S }).map((seconds) => String(NOW_S + seconds)) },
  { weight: 1, arbitrary: near },
  { weight: 1, arbitrary: fc.constantFrom(String(NOW_MS), '1e999', '-1', String(2 ** 53)) },
);
const odd = anyJson(['exp', 'nbf', 'iat', 'sub', 'data', 'user_id', 'role', 'type', 'aud', '__proto__']);
const person = almost(
  [
    [['user_id'], userId],
    [['role'], role],
  ],
  odd,
);
const common = [
  [['exp'], end],
  [['sub', 'iss'], userId],
] as const;
const claims = fc.oneof(
  almost([...common, [['data'], person]], odd),
  almost([...common, [['user_id'], userId], [['role'], role], [['nbf', 'iat'], near]], odd),
  almost(
    [...common, [['data'], person], [['type'], fc.constantFrom('"access"', '"access"', '"2fa_pending"')]],
    odd,
  ),
  odd,
);
const header = fc.oneof(
  { weight: 8, arbitrary: fc.constant('{"alg":"HS256","typ":"JWT"}') },
  {
    weight: 1,
    arbitrary: almost([[['alg'], fc.constantFrom('none', 'HS512', 'RS256', 'HS256').map(quoted)]], odd),
  },
  {
    weight: 1,
    arbitrary: anyText.map((kid) =>
      objectOf([
        ['alg', '"HS256"'],
        ['kid', quoted(kid)],
      ]),
    ),
  },
);

/** Where one character is another one after signing. */
const change = fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat() });

interface Claimed {
  readonly [name: string]: unknown;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Whatever its claims are, a token that is taken says who its bearer is and until when, and no other does. */
export const tokens: FuzzProperty = {
  name: 'a token is taken for what it says, or refused in words that do not repeat it',
  feeds: 'others',
  shortRuns: 250,
  create: (fed) =>
    fc.asyncProperty(header, claims, change, async (head, payload, at) => {
      fed(1);
      const signed = sign(head, payload);
      const token = at === undefined ? signed : changed(signed, at);
      const verdict = await verify(token);
      if ('refused' in verdict) {
        assert.ok(verdict.message.length <= MAX_MESSAGE);
        for (const part of token.split('.').filter(({ length }) => length > 20))
          assert.ok(!verdict.message.includes(part));
        return;
      }
      assert.equal(token, signed);
      const said = JSON.parse(payload) as Claimed;
      const { userId: id, role: as, expiresAtMs } = verdict.principal;
      assert.ok(roles.includes(as) && [said['role'], said.data?.['role']].includes(as));
      const ids = [said['sub'], said['user_id'], said.data?.['user_id']];
      assert.ok(Number.isSafeInteger(id) && id > 0 && (ids.includes(id) || ids.includes(String(id))));
      assert.equal(expiresAtMs, Number(said['exp']) * 1_000);
      assert.ok(expiresAtMs > NOW_MS && expiresAtMs <= (NOW_S + LIFETIME_S + LEEWAY_S) * 1_000);
      assert.ok([undefined, 'access'].includes(said['type'] as string | undefined));
      for (const from of [said['nbf'], said['iat']])
        assert.ok(from === undefined || Number(from) <= NOW_S + LEEWAY_S);
    }),
};

function sign(head: string, payload: string): string {
  const text = [head, payload].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

/** Another character at one place. */
function changed(token: string, place: number): string {
  const at = place % token.length;
  const other = token[at] === 'A' ? 'B' : 'A';
  return token.slice(0, at) + other + token.slice(at + 1);
}
