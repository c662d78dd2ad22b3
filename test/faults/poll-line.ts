import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Line, LineOptions } from './line.ts';

const Poll = z.object({
  events: z.array(z.unknown()),
  cursor: z.string(),
  recovered: z.boolean(),
  more: z.boolean(),
});
const WAIT_S = 5;
/** No answer for so long means that there will be none. */
const SILENCE_MS = 22_000;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 3_000;

/** Polls one instance until that fails, then another; what an answer says besides events is given as the frames of a session. */
export class PollLine implements Line {
  readonly #options: LineOptions;
  #polling: AbortController | undefined;
  /** Ends the request that goes on. */
  #hangUp: (() => void) | undefined;
  #cursor: string | undefined;
  #backoffMs = FIRST_BACKOFF_MS;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#polling !== undefined) return;
    this.#polling = new AbortController();
    void this.#run(this.#polling.signal);
  }

  stop(): void {
    this.#polling?.abort();
    this.#polling = undefined;
    this.#hangUp?.();
  }

  cut(): void {
    this.#hangUp?.();
  }

  wake(): void {
    this.#backoffMs = FIRST_BACKOFF_MS;
  }

  async #run(stopped: AbortSignal): Promise<void> {
    const { journey, random } = this.#options;
    while (!stopped.aborted) {
      try {
        await this.#poll();
      } catch (error) {
        journey.note(inWords(error));
      }
      const waitMs = random.between(this.#backoffMs / 2, this.#backoffMs);
      this.#backoffMs = Math.min(MAX_BACKOFF_MS, this.#backoffMs * 2);
      await delay(waitMs, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  async #poll(): Promise<void> {
    const { journey, random, ports } = this.#options;
    const port = random.pick(ports);
    journey.begin(ports.indexOf(port), this.#cursor);
    for (let isFirst = true; ; isFirst = false) {
      const after = this.#cursor;
      const { events, cursor, recovered } = await this.#ask(port);
      if (isFirst) journey.take({ type: 'connected', cursor: after ?? cursor });
      for (const event of events) journey.take(event);
      if (after !== undefined && (isFirst || !recovered)) {
        const reason = recovered ? undefined : 'told by a poll';
        journey.take({ type: 'resumed', recovered, replayed: events.length, cursor, reason });
      }
      this.#cursor = cursor;
      this.#backoffMs = FIRST_BACKOFF_MS;
    }
  }

  async #ask(port: number): Promise<z.infer<typeof Poll>> {
    const { person, token } = this.#options;
    const url = new URL(`http://127.0.0.1:${port}/v1/events?wait=${WAIT_S}`);
    if (this.#cursor !== undefined) url.searchParams.set('after', this.#cursor);
    if (person.extraRooms.length > 0) url.searchParams.set('rooms', person.extraRooms.join(','));
    const ending = new AbortController();
    const hangUp = (this.#hangUp = () => ending.abort(new Error('hangs up')));
    const late = setTimeout(hangUp, SILENCE_MS);
    try {
      const headers = { authorization: `Bearer ${token()}` };
      const response = await fetch(url, { signal: ending.signal, headers });
      if (response.status === 200) return Poll.parse(await response.json());
      throw new Error(`refused with ${response.status}: ${await response.text()}`);
    } finally {
      clearTimeout(late);
    }
  }
}

/** What fetch says of a failed connection stands in the cause. */
function inWords(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? `${String(error)}: ${String(cause)}` : String(error);
}
