import { getPriority, setPriority } from 'node:os';
import { Tally, type Target } from './attack.ts';
import { attacks } from './attacks.ts';

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
setPriority(Math.min(19, getPriority() + nice));
const tally = new Tally();
process.once('message', () => process.send?.(tally.counts, () => process.exit()));
// Its parent is gone: nobody would stop it.
process.once('disconnect', () => process.exit());
process.send?.('started');
await attack.run(target, tally);
