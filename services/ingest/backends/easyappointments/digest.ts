import { createHash } from 'node:crypto';

/** 48 bits, for comparing something with itself at another time. */
export function digestOf(value: unknown): number {
  return createHash('sha256').update(JSON.stringify(value)).digest().readUIntBE(0, 6);
}
