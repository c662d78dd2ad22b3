import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from '../hostile/ask.ts';

const ARRAY = 500;
/** So that an array is under INGEST_MAX_BODY_BYTES. */
const NOTES_BYTES = 1_000;
/** The last of them are as small as those of the run, which take their place in memory: it holds more of them. */
const SMALL_SHARE = 0.35;
/** The customer whom the small ones concern. */
export const SMALL_EVENTS_FOR = 9_999;
const RETRY_MS = 500;

export interface FillOptions {
  readonly port: number;
  readonly apiKey: string;
  readonly events: number;
  /** Customers whom they concern by turns. */
  readonly customers: readonly number[];
}

/** An import: fills the history and all that a service remembers up to a bound, so that a run begins where a month has led. */
export async function fill({ port, apiKey, events, customers }: FillOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const headers = { authorization: `Bearer ${apiKey}` };
  const large = { reason: 'import', notes: 'x'.repeat(NOTES_BYTES) };
  const largeEvents = Math.round(events * (1 - SMALL_SHARE));
  const eventOf = (n: number) => {
    const customer = n < largeEvents ? customers[n % customers.length] : SMALL_EVENTS_FOR;
    const data = n < largeEvents ? large : { reason: 'import' };
    return { event: 'calendar.sync', id: `fill-${n}`, rooms: [`customer_${customer}`], data };
  };
  for (let from = 0; from < events; from += ARRAY) {
    const array = Array.from({ length: Math.min(ARRAY, events - from) }, (_, n) => eventOf(from + n));
    const question = { agent, port, path: '/v1/events', headers, body: JSON.stringify(array) };
    for (let status = await ask(question); status !== 202; status = await ask(question)) {
      if (![0, 429, 503].includes(status)) throw new Error(`ingest answered ${status} to an import`);
      await delay(RETRY_MS);
    }
  }
  agent.destroy();
}
