import { TestClient, type Frame } from './client.ts';

/** A phone as a good app makes it: keeps the newest cursor, comes back whenever it is closed, drops repeated ids. */
export class Phone {
  readonly ids = new Set<string>();
  readonly closes: { code: number; atMs: number }[] = [];
  readonly #stopped = new AbortController();
  #client: TestClient | undefined;

  constructor(
    readonly customer: number,
    /** Where to come back to, from a cursor if it has one. */
    private readonly urlFrom: (cursor: string | undefined) => string,
  ) {}

  async run(joined: () => void): Promise<void> {
    let cursor: string | undefined;
    while (!this.#hasStopped()) {
      const client = await TestClient.open(this.urlFrom(cursor)).catch(() => undefined);
      if (client === undefined) continue;
      this.#client = client;
      const take = (frame: Frame) => {
        if (typeof frame['cursor'] === 'string') cursor = frame['cursor'];
        if ('event' in frame) this.ids.add(String(frame['id']));
        if (frame['type'] === 'connected') joined();
      };
      for (;;) {
        const frame = await client.next().catch(() => undefined);
        if (frame === undefined) break;
        take(frame);
      }
      const { code } = await client.closed;
      if (!this.#hasStopped()) this.closes.push({ code, atMs: Date.now() });
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#client?.close();
  }

  /** A call, because it changes while something is awaited. */
  #hasStopped(): boolean {
    return this.#stopped.signal.aborted;
  }
}
