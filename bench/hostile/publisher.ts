import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './ask.ts';

const EVERY_MS = 50;
/** As a backend: what was not accepted is sent again after this, with the same id. */
const RETRY_MS = 500;
/** After the last event, before those that were not accepted yet are given up. */
const PATIENCE_MS = 15_000;

let lastEvent = 0;

export interface Publishing {
  /** Each time that an event is sent, with the milliseconds since the first. */
  readonly onSent?: (sinceMs: number) => void;
  /** Once the last was sent, accepted or not. */
  readonly onAllSent?: () => Promise<void>;
}

/** 20 events a second to everybody, by HTTP. */
export class Publisher {
  /** When each was first sent, by id. */
  readonly sentMs = new Map<string, number>();
  /** Answers other than 202. */
  refusals = 0;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(
    private readonly port: number,
    private readonly apiKey: string,
  ) {}

  /** Resolves once all are accepted or given up. */
  async publish(forMs: number, { onSent, onAllSent }: Publishing = {}): Promise<void> {
    const startedMs = performance.now();
    const giveUpMs = startedMs + forMs + PATIENCE_MS;
    const posts: Promise<void>[] = [];
    for (let dueMs = 0; dueMs < forMs; dueMs += EVERY_MS) {
      await delay(startedMs + dueMs - performance.now());
      lastEvent += 1;
      const id = `h-${lastEvent}`;
      this.sentMs.set(id, performance.now());
      posts.push(this.#post(id, giveUpMs));
      onSent?.(dueMs);
    }
    await onAllSent?.();
    await Promise.all(posts);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #post(id: string, giveUpMs: number): Promise<void> {
    const body = JSON.stringify({ event: 'calendar.sync', id, data: { reason: 'bench' } });
    const headers = { authorization: `Bearer ${this.apiKey}` };
    const question = { agent: this.#agent, port: this.port, path: '/v1/events', headers, body };
    while ((await ask(question)) !== 202) {
      this.refusals += 1;
      if (performance.now() > giveUpMs) return;
      await delay(RETRY_MS);
    }
  }
}
