import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { TestClient } from '../support/client.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const LIMIT_BYTES = 64 * 1024;

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

function fixture(name: string): Record<string, unknown> {
  const path = new URL(`../fixtures/original-websocket/client/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

describe('a frame of a client', () => {
  it('ping is answered with pong and the time', async () => {
    await using client = await world.join('customer', 6);
    client.send({ action: 'ping' });
    const pong = await client.next();
    expect(pong).toEqual({ type: 'pong', timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) });
  });

  it.each([
    ['no JSON', 'hello', 'INVALID_MESSAGE'],
    ['an empty text', '', 'INVALID_MESSAGE'],
    ['a list', '[]', 'INVALID_MESSAGE'],
    ['no action', '{"type":"ping"}', 'INVALID_MESSAGE'],
    ['an unknown action', '{"action":"publish"}', 'UNKNOWN_ACTION'],
    ['the largest text there may be', 'x'.repeat(LIMIT_BYTES), 'INVALID_MESSAGE'],
  ])('%# of %s is answered and the session lives on', async (_what, text, code) => {
    await using client = await world.join('customer', 6);
    client.send(text);
    expect(await client.next()).toMatchObject({ type: 'error', code });
    expect(await client.quiet()).toEqual([]);
  });

  it('binary is INVALID_MESSAGE, also when its bytes would be a good frame', async () => {
    await using client = await world.join('customer', 6);
    client.ws.send(Buffer.from('{"action":"list_rooms"}'));
    expect(await client.next()).toMatchObject({ type: 'error', code: 'INVALID_MESSAGE' });
    expect(await client.quiet()).toEqual([]);
  });

  it.each([
    ['text', 'x'.repeat(LIMIT_BYTES + 1)],
    ['binary', Buffer.alloc(LIMIT_BYTES + 1)],
  ])('of more than 64 KiB of %s is told so, then closed with 1009', async (_kind, payload) => {
    await using client = await world.join('customer', 6);
    client.ws.send(payload);
    expect(await client.next()).toMatchObject({ type: 'error', code: 'INVALID_MESSAGE' });
    expect((await client.closed).code).toBe(1009);
  });

  it('in endless empty fragments is told so, then closed with 1009', async () => {
    await using client = await world.join('customer', 6);
    for (let count = 0; count < 1_000; count += 1) client.ws.send('', { fin: false });
    expect(await client.next()).toMatchObject({ type: 'error', code: 'INVALID_MESSAGE' });
    expect((await client.closed).code).toBe(1009);
  });

  it('that is not UTF-8 is told so, then closed with 1007', async () => {
    await using client = await world.join('customer', 6);
    client.ws.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await client.next()).toMatchObject({
      code: 'INVALID_MESSAGE',
      message: expect.stringContaining('UTF-8'),
    });
    expect((await client.closed).code).toBe(1007);
  });

  it('in many fragments that are too large together is closed with 1009', async () => {
    await using client = await world.join('customer', 6);
    for (let sent = 0; sent <= LIMIT_BYTES; sent += 8_192) client.ws.send('x'.repeat(8_192), { fin: false });
    expect((await client.closed).code).toBe(1009);
  });
});

describe('the rate', () => {
  it('50 frames a minute are answered, each further one is RATE_LIMITED, and pings still come back', async () => {
    await using client = await world.join('customer', 6);
    for (let count = 0; count < 55; count += 1) client.send({ action: 'list_rooms' });
    const answers = (await client.take(55)).map(({ type, code }) => code ?? type);
    expect(answers.filter((answer) => answer === 'rooms_list').length).toBe(50);
    expect(answers.filter((answer) => answer === 'RATE_LIMITED').length).toBe(5);
    expect(await client.quiet()).toEqual([]);
  });

  it('is of each session: another of the same user is not limited', async () => {
    await using loud = await world.join('customer', 6);
    for (let count = 0; count < 51; count += 1) loud.send({ action: 'list_rooms' });
    await loud.until({ code: 'RATE_LIMITED' });
    await using other = await world.join('customer', 6);
    other.send({ action: 'list_rooms' });
    expect(await other.next()).toMatchObject({ type: 'rooms_list' });
  });
});

describe('the existing Flutter app', () => {
  it('sends its rooms right behind auth, without waiting, and is answered in order', async () => {
    await using client = await TestClient.open(world.webSocketUrl());
    client.send({ ...fixture('auth.flutter'), token: tokenFor('provider', 4) });
    client.send(fixture('subscribe'));
    client.send({ ...fixture('subscribe'), room: 'calendar' });
    client.send(fixture('list_rooms'));
    expect(await client.take(6)).toMatchObject([
      { type: 'subscribed', room: 'provider_4' },
      { type: 'subscribed', room: 'calendar' },
      { type: 'connected' },
      { type: 'subscribed', room: 'provider_4' },
      { type: 'subscribed', room: 'calendar' },
      { type: 'rooms_list', rooms: expect.arrayContaining(['provider_4', 'calendar']) },
    ]);
  });

  it('a ping right behind auth is answered', async () => {
    await using client = await TestClient.open(world.webSocketUrl());
    client.send({ action: 'auth', token: tokenFor('customer', 6) });
    client.send(fixture('ping'));
    const types = (await client.take(3)).map(({ type }) => type);
    expect(types.sort()).toEqual(['connected', 'pong', 'subscribed']);
  });

  it('a burst behind auth that is larger than what we answer at a time is answered up to the bound, in order', async () => {
    await using client = await TestClient.open(world.webSocketUrl());
    client.send({ action: 'auth', token: tokenFor('customer', 6) });
    for (let count = 0; count < 99; count += 1) client.send({ action: 'list_rooms' });
    const answers = (await client.take(101)).slice(2).map(({ type, code }) => code ?? type);
    const all = (count: number, answer: string) => Array.from({ length: count }, () => answer);
    expect(answers).toEqual([...all(50, 'rooms_list'), ...all(49, 'RATE_LIMITED')]);
    expect(await client.quiet()).toEqual([]);
  });
});
