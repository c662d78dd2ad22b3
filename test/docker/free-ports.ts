import { isFree } from '../../tools/broker/ports.ts';

/** Below the ranges from which systems take ports of outgoing connections. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const MAX_TRIES = 200;

/** The first of so many free ports in a row. */
export async function findFreePorts(count: number): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const first = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - count));
    const free = await Promise.all(Array.from({ length: count }, (_, n) => isFree(first + n)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`found no ${count} free ports in a row from ${FIRST_PORT} to ${LAST_PORT}`);
}
