import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findOwnBroker } from '../tools/broker/find-broker.ts';
import { createVhost, deleteVhost } from '../tools/broker/management.ts';
import type { Attack } from './hostile/attack.ts';
import { attacks } from './hostile/attacks.ts';
import { besideAttack } from './hostile/beside.ts';
import { fillVhost } from './hostile/history.ts';
import { bounds, brokenBounds, tableOf, type Measured } from './hostile/verdict.ts';

/**
 * npm run hostile -- [--only WORDS] [--seconds 20] [--history 200000] [--nice 10] [--out .data/hostile]: what 50 well-behaved
 * clients and 20 events a second notice of each attack, in quiet and during it, and what it costs the services.
 *
 * The broker, both services and the attacker are processes of their own. An attacker has a machine of its own; here it
 * shares ours, so it is nice. --only takes the names that contain one of the words. Ends with 1 where a bound is broken.
 * Memory is read from /proc: on Linux only.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '20' },
    history: { type: 'string', default: '200000' },
    nice: { type: 'string', default: '10' },
    out: { type: 'string', default: '.data/hostile' },
  },
});

const say = (text: string) => process.stdout.write(`${text}\n`);
const words = values.only.split(/[\s,]+/).filter((word) => word !== '');
const chosen = attacks.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));

if (chosen.length === 0) {
  say(`--only names none of them: ${attacks.map(({ name }) => name).join(', ')}`);
  process.exitCode = 2;
} else process.exitCode = await runAll();

async function runAll(): Promise<number> {
  const measured: Measured[] = [];
  const run = async (attack: Attack, where: { readonly amqpUrl: string; readonly oldestCursor?: string }) => {
    const folder = folderOf(attack.name);
    const [seconds, nice] = [Number(values.seconds), Number(values.nice)];
    measured.push(await besideAttack({ attack, folder, seconds, nice, ...where }));
    write(measured);
  };
  const reading = chosen.filter(({ readsHistory }) => readsHistory === true);
  const others = chosen.filter((attack) => !reading.includes(attack));
  const broker = await findOwnBroker({ lifetime: 'temporary', env: process.env, root: process.cwd(), say });
  const { handle } = broker;
  try {
    const entries = Number(values.history);
    const filled = reading.length > 0 ? await fillVhost(handle, entries, folderOf('history')) : undefined;
    for (const attack of others) {
      const vhost = `hostile-${attack.name}`;
      await run(attack, { amqpUrl: await createVhost(handle, vhost) });
      await deleteVhost(handle, vhost);
    }
    if (filled !== undefined) {
      await filled.settled();
      for (const attack of reading) await run(attack, filled);
    }
  } finally {
    await broker.stop();
  }
  say(`\n${tableOf(measured)}`);
  return measured.some((one) => brokenBounds(one).length > 0) ? 1 : 0;
}

/** Of the logs. */
function folderOf(name: string): string {
  const folder = join(values.out, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** After each attack, so that a run that is cut short leaves what it found. */
function write(measured: readonly Measured[]): void {
  const last = measured.at(-1);
  if (last !== undefined) {
    const broken = brokenBounds(last);
    say(
      `${last.attack}: ${broken.length === 0 ? 'holds' : broken.join(', ')}; load ${loadavg()[0]?.toFixed(1)}`,
    );
  }
  const rows = measured.map((one) => ({ ...one, broken: brokenBounds(one) }));
  const run = { ...values, node: process.version, cores: availableParallelism(), bounds, attacks: rows };
  writeFileSync(join(values.out, 'hostile.json'), `${JSON.stringify(run, undefined, 2)}\n`);
  writeFileSync(join(values.out, 'hostile.md'), tableOf(measured));
}
