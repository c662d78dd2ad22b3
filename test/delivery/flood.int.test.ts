import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { metricOf } from './metric.ts';

const FLOOD_BYTES = 6.5 * 1024 * 1024;
const NEIGHBOURS = 50;
const SESSIONS = 16;
const FREE_AUTHS = 120;
/** Answered, refused, and the one ping or pong a second that is free, on a slow machine too. */
const MOST_FRAMES_LOOKED_AT = 50 + 50 + 60;

interface Flood {
  readonly code: number;
  readonly reason: string;
  readonly refusals: number;
}

let world: World;
let neighbours: TestClient[];
beforeAll(async () => {
  world = await World.start({ env: { MAX_SESSIONS_PER_USER: String(2 * NEIGHBOURS) } });
  neighbours = await Promise.all(
    Array.from({ length: NEIGHBOURS }, () => world.join('customer', 6, { query: { events: 'dotted' } })),
  );
});
afterAll(async () => {
  await Promise.all(neighbours.map((client) => client.close()));
  await world[Symbol.asyncDispose]();
});

/** Of flooders that have been told why they are closed: they stay until they are cut off. */
const ends: Promise<unknown>[] = [];

/** A client in a process of its own, so that what it costs is not ours. It is connected, and floods when told to. */
async function flooder(kind: string, userId?: number): Promise<() => Promise<Flood>> {
  const query = userId === undefined ? '' : `?token=${tokenFor('provider', userId)}`;
  const url = `${world.webSocketUrl()}${query}`;
  const args = ['test/support/flooder.mjs', url, kind, String(FLOOD_BYTES)];
  const client = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  ends.push(once(client, 'exit'));
  const lines = createInterface(client.stdout)[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  expect(await next()).toBe('open');
  return async () => {
    client.stdin.write('flood\n');
    return JSON.parse(await next()) as Flood;
  };
}

/** Resolves once it was told how it is closed. */
async function flood(kind: string, userId?: number): Promise<Flood> {
  return (await flooder(kind, userId))();
}

async function publishWhile(flooding: Promise<unknown>): Promise<string[]> {
  const published: string[] = [];
  const flood = { isOver: false };
  const over = flooding.finally(() => (flood.isOver = true));
  while (!flood.isOver) published.push((await world.publish(appointment({ data: { customer_id: 6 } }))).id);
  await over;
  return published;
}

describe('6.5 MB at once of one user', () => {
  it.each([
    ['frames', 900],
    ['subscribes', 901],
    ['JSON pings', 902],
    ['refreshes', 903],
    ['bad refreshes', 904],
    ['unknown actions', 905],
    ['no JSON', 906],
    ['nested lists', 907],
    ['binary', 908],
    ['empty', 909],
    ['fragments', 910],
    ['pings', 911],
    ['pongs', 912],
  ])('in %s are refused 50 times and closed 4008, and 50 neighbours miss nothing', async (kind, userId) => {
    const before = await metricOf(world.healthPort(), 'frames_received_total');
    const flooding = flood(kind, userId);
    const published = await publishWhile(flooding);
    const { code, reason, refusals } = await flooding;
    expect([code, refusals]).toEqual([4008, 50]);
    expect(Number(/(\d+)$/.exec(reason)?.[1])).toBeGreaterThan(0);
    for (const client of neighbours) {
      const events = await client.events(published.length);
      expect(events.map(({ id }) => id)).toEqual(published);
    }
    const lookedAt = (await metricOf(world.healthPort(), 'frames_received_total')) - before;
    expect(lookedAt).toBeLessThanOrEqual(
      MOST_FRAMES_LOOKED_AT + (kind.endsWith('refreshes') ? FREE_AUTHS : 0),
    );
  });

  it.each([
    ['frames', 3000],
    ['fragments', 3000],
    // Beyond what may come before the first message is read.
    ['nested lists', 1009],
    ['pings', 1009],
    ['pongs', 1009],
  ])(
    'in %s of somebody without a token are looked at no longer than theirs, and closed %d',
    async (kind, code) => {
      const before = await metricOf(world.healthPort(), 'frames_received_total');
      expect((await flood(kind)).code).toBe(code);
      const lookedAt = (await metricOf(world.healthPort(), 'frames_received_total')) - before;
      expect(lookedAt).toBeLessThanOrEqual(MOST_FRAMES_LOOKED_AT);
    },
  );

  it('in each of 16 sessions are bounded in each, and the user gets in by none', async () => {
    const before = await metricOf(world.healthPort(), 'frames_received_total');
    // None floods before all are in: who has been told to wait gets no other session.
    const clients = await Promise.all(Array.from({ length: SESSIONS }, () => flooder('frames', 920)));
    const floods = await Promise.all(clients.map((begin) => begin()));
    expect(floods.map(({ code }) => code)).toEqual(floods.map(() => 4008));
    const lookedAt = (await metricOf(world.healthPort(), 'frames_received_total')) - before;
    expect(lookedAt).toBeLessThanOrEqual(SESSIONS * MOST_FRAMES_LOOKED_AT);
    await using back = await world.connect('provider', 920);
    expect((await back.closed).code).toBe(4008);
  });

  it('shut that user out of this instance until the minute is over, and nobody else', async () => {
    const { code } = await flood('frames', 930);
    expect(code).toBe(4008);
    await using back = await world.connect('provider', 930);
    expect(await back.next()).toMatchObject({ type: 'error', code: 'RATE_LIMITED' });
    expect(await back.closed).toMatchObject({ code: 4008, reason: expect.stringMatching(/ \d+$/) });
    await using other = await world.join('customer', 930);
    expect(await other.quiet()).toEqual([]);
  });

  it('is looked at no more from when they were told why until they are cut off', async () => {
    const lookedAt = () => metricOf(world.healthPort(), 'frames_received_total');
    const before = await lookedAt();
    await Promise.all(ends);
    expect(await lookedAt()).toBe(before);
  });
});
