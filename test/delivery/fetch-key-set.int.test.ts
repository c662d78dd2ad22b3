import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { fetchKeySet } from '../../services/delivery/auth/fetch-key-set.ts';
import { MAX_KEY_SET_BYTES } from '../../services/delivery/auth/read-keys.ts';
import { KeyServer } from '../support/key-server.ts';

const KEYS = '{"keys":[]}';

let server: KeyServer;
beforeAll(async () => {
  server = await KeyServer.start(KEYS);
});
afterAll(() => server[Symbol.asyncDispose]());

function fetched(answer: (response: ServerResponse) => void) {
  server.answer = answer;
  return fetchKeySet(server.url, new AbortController().signal);
}

describe('a key set', () => {
  it('is asked for as such, or as JSON', async () => {
    let accept: string | undefined;
    await fetched((response) => {
      accept = response.req.headers.accept;
      response.end(KEYS);
    });
    expect(accept).toBe('application/jwk-set+json, application/json');
  });

  it.each([
    ['max-age=90', 90_000],
    ['public, max-age=90, must-revalidate', 90_000],
    ['public,max-age=90,must-revalidate', 90_000],
    ['Max-Age=0', 0],
    ['max-age=999999999', 999_999_999_000],
    ['max-age=1000000000', undefined],
    ['max-age=90s', undefined],
    ['max-age=', undefined],
    ['max-age=soon', undefined],
    ['s-maxage=90', undefined],
    ['x-max-age=90', undefined],
    ['no-store', undefined],
  ])('holds as long as the issuer says: %s', async (cacheControl, maxAgeMs) => {
    const answer = await fetched((response) => response.setHeader('cache-control', cacheControl).end(KEYS));
    expect(answer).toEqual({ text: KEYS, maxAgeMs });
  });

  it('may hold for as long as we like', async () => {
    expect(await fetched((response) => response.end(KEYS))).toEqual({ text: KEYS, maxAgeMs: undefined });
  });

  it('may be 256 KiB long, in several pieces', async () => {
    const { text } = await fetched((response) => {
      response.write('[', () => response.end(' '.repeat(MAX_KEY_SET_BYTES - 1)));
    });
    expect(text).toBe('['.padEnd(256 * 1024));
  });

  it('that is longer is refused', async () => {
    const tooLong = fetched((response) => response.end(' '.repeat(MAX_KEY_SET_BYTES + 1)));
    await expect(tooLong).rejects.toThrow('its answer is larger than 262144 bytes');
  });

  it.each([500, 404, 201, 204])('is in no answer with status %s', async (status) => {
    const refused = fetched((response) => response.writeHead(status).end(status === 204 ? undefined : KEYS));
    await expect(refused).rejects.toThrow(`it answers ${status}`);
  });

  it('is not fetched from where a redirect points', async () => {
    const { asked } = server;
    const redirected = fetched((response) => {
      if (response.req.url === '/elsewhere') response.end(KEYS);
      else response.writeHead(302, { location: '/elsewhere' }).end();
    });
    await expect(redirected).rejects.toThrow('fetch failed');
    expect(server.asked).toBe(asked + 1);
  });
});
