import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 25;

/**
 * Until it holds, looked at now and then: who looks without a pause takes a core from those who are waited for. For what no
 * event tells of; the deadline is that of the test.
 */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(POLL_MS);
}
