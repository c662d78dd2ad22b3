import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../shared/service/command-line.ts';

const POLL_MS = 100;
const TRY_MS = 2_000;
const TIMEOUT_MS = 60_000;

/** Resolves once a service says that it is ready. */
export async function awaitReady(label: string, port: number, signal: AbortSignal): Promise<void> {
  const url = `http://127.0.0.1:${port}/health/ready`;
  const deadlineMs = Date.now() + TIMEOUT_MS;
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask(url, signal);
    if (answer === 'ready') return;
    if (Date.now() > deadlineMs) {
      throw new CommandError(
        `${label} was not ready after ${TIMEOUT_MS / 1000} s: ${url} answered ${answer}`,
      );
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

async function ask(url: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]) });
    const body = await response.text();
    return response.status === 200 ? 'ready' : `${response.status} ${body.slice(0, 300)}`;
  } catch (error) {
    return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  }
}
