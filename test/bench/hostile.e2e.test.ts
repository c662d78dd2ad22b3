import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attacks } from '../../bench/hostile/attacks.ts';
import { besideAttack } from '../../bench/hostile/beside.ts';
import { brokenBounds, type Bound } from '../../bench/hostile/verdict.ts';
import { createVhostForTest } from '../support/broker.ts';

/** Cheap ones; `npm run hostile` measures all. */
const short = attacks.filter(({ name }) => ['frames-read', 'pings', 'wrong-keys'].includes(name));
/** Times are for a machine that does nothing else. */
const held: readonly Bound[] = ['missing', 'growth', 'up'];
const SECONDS = 3;
const NICE = 10;

describe('50 well-behaved clients and 20 events a second beside an attack', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'roomcast-hostile-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(short)('$name: nothing is missed, and memory has a bound', async (attack) => {
    await using vhost = await createVhostForTest();
    const measured = await besideAttack({
      attack,
      amqpUrl: vhost.url,
      folder,
      seconds: SECONDS,
      nice: NICE,
    });
    const broken = brokenBounds(measured).filter((bound) => held.includes(bound));
    expect({ ...measured, broken }).toMatchObject({ broken: [] });
    expect(measured.during.events).toBeGreaterThan(0);
    expect(Object.keys(measured.attacker)).not.toHaveLength(0);
  });
});
