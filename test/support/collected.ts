import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Whether nothing holds it any more. */
export async function isCollected(object: WeakRef<object>): Promise<boolean> {
  const [isGone = false] = await areCollected([object]);
  return isGone;
}

/** Of each, by one collection: behind other tests of the same worker it takes a second. */
export async function areCollected(objects: readonly WeakRef<object>[]): Promise<boolean[]> {
  // Within the turn in which it was made or asked, a reference holds its object itself.
  await nextTurn();
  collect();
  return objects.map((object) => object.deref() === undefined);
}

/** Of what is still in use. */
export function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** Outside the heap, in buffers that are still in use. */
export function bufferBytes(): number {
  // The second collection waits for what the first is still giving back.
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}
