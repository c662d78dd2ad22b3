import { blocksOf, type Block } from './event-stream.ts';
import { FrameReader, type Frame } from './frame-reader.ts';

/** Where to read, and who asks: a token in a header, or a ticket in the URL. */
export interface Request {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Poll {
  readonly events: readonly Frame[];
  readonly cursor: string;
  readonly recovered: boolean;
  readonly more: boolean;
}

abstract class HttpReader extends FrameReader {
  readonly #abort = new AbortController();

  override cut(): void {
    this.#abort.abort();
  }

  protected get isCut(): boolean {
    return this.#abort.signal.aborted;
  }

  /** An answer other than 200 ends the client: its status, and its body as the reason. */
  protected async ask({ url, headers = {} }: Request): Promise<Response | undefined> {
    const response = await fetch(url, { headers, signal: this.#abort.signal });
    if (response.status === 200) return response;
    this.ended({ code: response.status, reason: await response.text() });
    return undefined;
  }

  /** Whatever breaks the connection, which tests do on purpose. */
  protected broken(error: unknown): void {
    this.ended({ code: 0, reason: error instanceof Error ? error.message : 'broken' });
  }
}

/** Reads GET /v1/stream. */
export class StreamClient extends HttpReader {
  /** What an `EventSource` would send as Last-Event-ID when it comes back. */
  lastEventId = '';
  /** After how many milliseconds it would. */
  retryMs: number | undefined;
  /** Names by which an `EventSource` would dispatch them. */
  readonly names: string[] = [];
  readonly comments: string[] = [];
  /** Of the answer. */
  headers: Headers | undefined;
  #readsOn: Promise<void> = Promise.resolve();
  #readOn: () => void = () => undefined;

  /** Resolves when the stream is open, or has been refused: then it is `closed`, with the status. */
  static async open(request: Request): Promise<StreamClient> {
    const client = new StreamClient();
    try {
      const response = await client.ask({
        ...request,
        headers: { accept: 'text/event-stream', ...request.headers },
      });
      if (response !== undefined) void client.#read(response);
    } catch (error) {
      client.broken(error);
    }
    return client;
  }

  private constructor() {
    super();
  }

  /** Leaves what arrives unread. */
  pause(): void {
    this.#readsOn = new Promise((resolve) => (this.#readOn = resolve));
  }

  resume(): void {
    this.#readOn();
  }

  async #read({ headers, body }: Response): Promise<void> {
    this.headers = headers;
    try {
      if (body !== null) for await (const block of blocksOf(body)) await this.#take(block);
      this.ended({ code: 200, reason: '' });
    } catch (error) {
      this.broken(error);
    }
  }

  async #take({ name, data, id, retryMs, comments }: Block): Promise<void> {
    this.comments.push(...comments);
    this.lastEventId = id ?? this.lastEventId;
    this.retryMs = retryMs ?? this.retryMs;
    if (data !== undefined) {
      this.names.push(name);
      this.received(JSON.parse(data) as Frame);
    }
    await this.#readsOn;
  }
}

/**
 * Asks GET /v1/events what there is now, then waits again and again from the cursor of the last answer. What the first
 * answer says besides events is given as the frame that a WebSocket would have sent.
 */
export class PollClient extends HttpReader {
  readonly polls: Poll[] = [];

  static async open(request: Request): Promise<PollClient> {
    const client = new PollClient();
    try {
      // One that waited would say that nothing was missed only when its time is over.
      const first = await client.#poll(withQuery(request, { wait: '0' }));
      if (first !== undefined) void client.#goOn(request, first.cursor);
    } catch (error) {
      client.broken(error);
    }
    return client;
  }

  private constructor() {
    super();
  }

  async #goOn(request: Request, from: string): Promise<void> {
    try {
      for (let after = from; !this.isCut;) {
        const poll = await this.#poll(withQuery(request, { after }));
        if (poll === undefined) return;
        after = poll.cursor;
      }
    } catch (error) {
      this.broken(error);
    }
    this.ended({ code: 0, reason: 'cut' });
  }

  async #poll(request: Request): Promise<Poll | undefined> {
    const response = await this.ask(request);
    if (response === undefined) return undefined;
    const poll = (await response.json()) as Poll;
    const isFirst = this.polls.push(poll) === 1;
    const { cursor, recovered, events } = poll;
    if (isFirst) this.received({ type: 'connected', cursor });
    const isResume = new URL(request.url).searchParams.has('after') && (isFirst || !recovered);
    const resumed = { type: 'resumed', recovered, replayed: recovered ? events.length : 0, cursor };
    if (isResume && !recovered) this.received(resumed);
    for (const event of events) this.received(event);
    if (isResume && recovered) this.received(resumed);
    return poll;
  }
}

function withQuery(request: Request, query: Readonly<Record<string, string>>): Request {
  const url = new URL(request.url);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { ...request, url: url.href };
}
