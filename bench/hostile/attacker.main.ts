import { existsSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { Tally, type Target } from './attack.ts';
import { attacks } from './attacks.ts';

/** Linux shares the cores between sessions first, and by this; the niceness of a process counts within its session alone (sched(7)). */
const NICENESS_OF_SESSION = '/proc/self/autogroup';
const NICEST = 19;

/** What `beside.ts` gives this process as its argument. */
export interface Order {
  readonly attack: string;
  readonly target: Target;
  /** Added to the niceness of the parent. */
  readonly nice: number;
}

const { attack: name, target, nice } = JSON.parse(process.argv[2] ?? '') as Order;
const attack = attacks.find((one) => one.name === name);
if (attack === undefined) throw new Error(`there is no attack ${name}`);
setPriority(Math.min(NICEST, getPriority() + nice));
if (existsSync(NICENESS_OF_SESSION)) writeFileSync(NICENESS_OF_SESSION, String(Math.min(NICEST, nice)));
const tally = new Tally();
process.once('message', () => process.send?.(tally.counts, () => process.exit()));
// Its parent is gone: nobody would stop it.
process.once('disconnect', () => process.exit());
process.send?.('started');
await attack.run(target, tally);
