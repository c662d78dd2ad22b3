import { describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { IssuerKeys } from '../../services/delivery/auth/issuer-keys.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { KeyServer } from '../support/key-server.ts';
import { lineSink } from '../support/line-sink.ts';
import { keySetOf, MadeKey } from './made-keys.ts';

const [first, second, foreign] = ['first', 'second', 'foreign'].map((id) => MadeKey.ec(id)) as [
  MadeKey,
  MadeKey,
  MadeKey,
];
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const tokens = new Map<MadeKey, string>();

/** One for each key: the same client comes again. */
function tokenBy(key: MadeKey): string {
  const token = tokens.get(key) ?? key.sign({ sub: '4' });
  tokens.set(key, token);
  return token;
}

/** The keys of one issuer, by a clock that the test sets. */
class Issuer {
  nowMs = 1_000_000;
  readonly keys: IssuerKeys;
  readonly #log: string[] = [];

  private constructor(readonly server: KeyServer) {
    const logger = createLogger('test', 'info', lineSink(this.#log));
    this.keys = new IssuerKeys(server.url, () => this.nowMs, logger);
  }

  /** Nobody has asked it yet. */
  static async unasked(keySet: string): Promise<Issuer> {
    return new Issuer(await KeyServer.start(keySet));
  }

  static async publishing(...keys: readonly MadeKey[]): Promise<Issuer> {
    const issuer = await Issuer.unasked(setOf(...keys));
    await issuer.keys.reload();
    return issuer;
  }

  get log(): readonly unknown[] {
    return this.#log.map((line) => JSON.parse(line) as unknown);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.keys.close();
    await this.server[Symbol.asyncDispose]();
  }

  /** What the issuer says of tokens by these keys: whether they are good, bad, or not to be told yet. */
  async judge(...keys: readonly MadeKey[]): Promise<readonly string[]> {
    const readings = await Promise.all(keys.map((key) => this.keys.read(tokenBy(key))));
    return readings.map((reading) =>
      reading === undefined ? 'bad' : reading === 'unavailable' ? 'later' : 'good',
    );
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.keys.tick();
  }
}

const setOf = (...keys: readonly MadeKey[]) => keySetOf(...keys.map((key) => key.jwk()));

describe('the keys of an issuer', () => {
  it('verify without asking for each token', async () => {
    await using issuer = await Issuer.publishing(first, second);
    issuer.nowMs += 60 * SECOND;
    expect(await issuer.judge(first, second, first)).toEqual(['good', 'good', 'good']);
    expect(issuer.server.asked).toBe(1);
  });

  it('are asked for when a token comes by a key that is new', async () => {
    await using issuer = await Issuer.publishing(first);
    issuer.server.publish(setOf(first, second));
    issuer.nowMs += 30 * SECOND;
    expect(await issuer.judge(second, first)).toEqual(['good', 'good']);
  });

  it('are asked for once in 30 s and by all together, whatever comes; until then nobody is refused for good', async () => {
    await using issuer = await Issuer.publishing(first);
    issuer.nowMs += 29 * SECOND;
    expect(await issuer.judge(foreign, second)).toEqual(['later', 'later']);
    expect(issuer.server.asked).toBe(1);
    issuer.nowMs += SECOND;
    issuer.server.publish(setOf(first, second));
    expect(await issuer.judge(foreign, second, foreign, first)).toEqual(['bad', 'good', 'bad', 'good']);
    expect(issuer.server.asked).toBe(2);
    expect(await issuer.judge(MadeKey.ec('more'))).toEqual(['later']);
    expect(issuer.server.asked).toBe(2);
  });

  it('refuse a token by a set that was asked for since it came first, for whichever token', async () => {
    await using issuer = await Issuer.publishing(first);
    expect(await issuer.judge(foreign)).toEqual(['later']);
    issuer.nowMs += 30 * SECOND;
    expect(await issuer.judge(second)).toEqual(['bad']);
    expect(await issuer.judge(foreign, MadeKey.ec('more'))).toEqual(['bad', 'later']);
    expect(await issuer.judge(foreign)).toEqual(['bad']);
    expect(issuer.server.asked).toBe(2);
  });

  it('refuse the oldest of more than ten thousand unknown tokens a fetch later', async () => {
    await using issuer = await Issuer.publishing(first);
    expect(await issuer.judge(foreign)).toEqual(['later']);
    await issuer.pass(600 * SECOND);
    await issuer.judge(foreign);
    issuer.nowMs += 30 * SECOND;
    expect(await issuer.judge(foreign)).toEqual(['bad']);
    const [header, claims] = tokenBy(foreign).split('.');
    for (let n = 0; n < 10_000; n += 1) await issuer.keys.read(`${header}.${claims}.${n}`);
    expect(await issuer.judge(foreign)).toEqual(['later']);
  });

  it('may be others under the same name', async () => {
    await using issuer = await Issuer.publishing(first);
    const again = MadeKey.ec('first');
    issuer.server.publish(setOf(again));
    issuer.nowMs += 30 * SECOND;
    expect(await issuer.judge(again)).toEqual(['good']);
    expect(await issuer.judge(first)).toEqual(['later']);
    issuer.nowMs += 30 * SECOND;
    expect(await issuer.judge(first, again)).toEqual(['bad', 'good']);
  });

  it('are read again after ten minutes, or when they say: a key that was withdrawn is none', async () => {
    await using issuer = await Issuer.publishing(first, second);
    issuer.server.answer = (response) =>
      response.setHeader('cache-control', 'public, max-age=90').end(setOf(second));
    await issuer.pass(599 * SECOND);
    expect(await issuer.judge(first)).toEqual(['good']);
    await issuer.pass(SECOND);
    expect(await issuer.judge(second)).toEqual(['good']);
    issuer.server.publish(setOf(second));
    await issuer.pass(89 * SECOND);
    expect(issuer.server.asked).toBe(2);
    await issuer.pass(SECOND);
    expect([issuer.server.asked, await issuer.judge(second)]).toEqual([3, ['good']]);
  });

  it.each([
    ['less than a minute', 'max-age=5', 60 * SECOND],
    ['more than a day', 'max-age=999999999', 24 * HOUR],
  ])('hold for a minute at least and a day at most, also where they say %s', async (_what, says, heldMs) => {
    await using issuer = await Issuer.unasked('');
    issuer.server.answer = (response) => response.setHeader('cache-control', says).end(setOf(first));
    await issuer.keys.reload();
    await issuer.pass(heldMs - 1);
    expect(issuer.server.asked).toBe(1);
    await issuer.pass(1);
    expect(issuer.server.asked).toBe(2);
  });

  it.each<[string, string, (response: ServerResponse) => void]>([
    ['a page', 'its answer is no JWKS', (response) => response.end('<!doctype html>')],
    ['an error', 'it answers 500', (response) => response.writeHead(500).end(setOf(foreign))],
    ['a set without keys', 'its answer has no public key', (response) => response.end('{"keys":[]}')],
    ['a set of secrets', 'a secret (oct)', (response) => response.end(keySetOf({ kty: 'oct', k: 'AAAA' }))],
    [
      'a redirect',
      'unexpected redirect',
      (response) => response.writeHead(302, { location: '/jwks.json?again' }).end(),
    ],
    [
      'more than 256 KiB',
      'larger than 262144 bytes',
      (response) => response.end(' '.repeat(256 * 1024) + setOf(foreign)),
    ],
    ['half an answer', '', (response) => response.writeHead(200, { 'content-length': 999 }).end('{"keys":')],
    ['no answer', '', (response) => response.destroy()],
  ])('stay the last good ones for a day while there is %s', async (_what, says, answer) => {
    await using issuer = await Issuer.publishing(first);
    issuer.server.answer = answer;
    await issuer.pass(600 * SECOND);
    expect(await issuer.judge(first, foreign)).toEqual(['good', 'later']);
    expect(issuer.keys.problem).toMatchObject({
      state: 'stale',
      message: expect.stringMatching(/^JWT_JWKS_URL: ./),
    });
    expect(issuer.keys.problem?.message).toContain(says);
    await issuer.pass(24 * HOUR - 1);
    expect(await issuer.judge(first)).toEqual(['good']);
    await issuer.pass(1);
    expect(await issuer.judge(first, foreign)).toEqual(['later', 'later']);
    expect(issuer.keys.problem).toMatchObject({ state: 'missing' });
    issuer.server.publish(setOf(first));
    await issuer.pass(30 * SECOND);
    expect(await issuer.judge(first, foreign)).toEqual(['good', 'bad']);
    expect(issuer.keys.problem).toBeUndefined();
  });

  it('are missing until they could be had once, and asked for every 30 s', async () => {
    await using issuer = await Issuer.unasked(setOf());
    const message = 'JWT_JWKS_URL: it was not asked yet';
    expect(issuer.keys.problem).toEqual({ state: 'missing', message });
    await issuer.pass(0);
    expect(issuer.keys.problem).toMatchObject({ state: 'missing' });
    expect(await issuer.judge(first)).toEqual(['later']);
    await issuer.pass(29 * SECOND);
    expect(issuer.server.asked).toBe(1);
    issuer.server.publish(setOf(first));
    await issuer.pass(SECOND);
    expect(await issuer.judge(first)).toEqual(['good']);
    expect(issuer.keys.problem).toBeUndefined();
  });

  it('are asked for once by all who want them at the same time', async () => {
    await using issuer = await Issuer.unasked(setOf(first));
    await Promise.all([issuer.keys.reload(), issuer.keys.reload()]);
    expect(issuer.server.asked).toBe(1);
  });

  it('are told of when they were read, and why some are passed over; once when they cannot be', async () => {
    await using issuer = await Issuer.unasked(keySetOf(first.jwk(), { kty: 'oct', k: 'AAAA' }));
    await issuer.keys.reload();
    issuer.server.answer = (response) => response.writeHead(404).end();
    await issuer.keys.reload();
    expect(issuer.log).toHaveLength(2);
    await issuer.keys.reload();
    expect(issuer.log).toMatchObject([
      { msg: 'read the keys of the issuer', keys: 1, passed_over: ['a secret (oct)'] },
      { msg: 'the keys of the issuer cannot be read: look at JWT_JWKS_URL', failure: 'it answers 404' },
    ]);
  });

  it('are given up at the stop, and that is no problem of the issuer', async () => {
    await using issuer = await Issuer.publishing(first);
    issuer.server.answer = () => undefined;
    const asked = issuer.keys.reload();
    await issuer.server.askedTimes(2);
    issuer.keys.close();
    await asked;
    expect([issuer.keys.problem, issuer.log.length]).toEqual([undefined, 1]);
  });
});

it('tokens that are for no public key ask for nothing', async () => {
  await using issuer = await Issuer.publishing(first);
  issuer.nowMs += HOUR;
  for (const token of ['', 'a.b.c', 'eyJhbGciOiJIUzI1NiJ9.e30.AAAA', 'eyJhbGciOiJub25lIn0.e30.']) {
    expect(await issuer.keys.read(token)).toBeUndefined();
  }
  expect(issuer.server.asked).toBe(1);
});
