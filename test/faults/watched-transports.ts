import { WebSocket } from 'ws';
import { z } from 'zod';
import type { Fetch, WebSocketConstructor } from '../../client/src/index.ts';
import { blocksOf } from '../support/event-stream.ts';
import type { Journey } from './journey.ts';

const HANDSHAKE_MS = 6_000;

const Sent = z.looseObject({ action: z.string(), cursor: z.string().optional() });

/** What the SDK connects by, and who looks on. */
export interface Watched {
  readonly journey: Journey;
  readonly ports: readonly number[];
  readonly pickPort: () => number;
}

interface WatchedSocketOptions extends Watched {
  readonly maxPayload: number | undefined;
  readonly opened: (socket: WebSocket) => void;
}

/** A WebSocket to whichever instance, whose frames are noted before the SDK gets them. */
export function watchedWebSocket(watched: WatchedSocketOptions): WebSocketConstructor {
  const { journey, ports, pickPort, maxPayload } = watched;
  return class extends WebSocket {
    readonly #port: number;
    #hasBegun = false;

    constructor() {
      const port = pickPort();
      const limit = maxPayload === undefined ? {} : { maxPayload };
      super(`ws://127.0.0.1:${port}/ws`, { handshakeTimeout: HANDSHAKE_MS, ...limit });
      this.#port = port;
      watched.opened(this);
      this.on('message', this.#note);
      this.on('error', ({ message }) => journey.note(message));
      this.on('close', (code) => journey.note(`closed with ${code}`));
    }

    override send(text: string): void {
      if (!this.#hasBegun) journey.begin(ports.indexOf(this.#port), Sent.parse(JSON.parse(text)).cursor);
      this.#hasBegun = true;
      super.send(text);
    }

    /** What still comes reaches nobody. The code is that of `ws` itself, where a frame is too large. */
    override close(code?: number, reason?: string): void {
      this.off('message', this.#note);
      super.close(code, reason);
    }

    readonly #note = (data: Buffer) => journey.take(JSON.parse(data.toString()));
  };
}

/** A `fetch` that asks whichever instance; the frames of a stream are noted beside the SDK's reading them. */
export function watchedFetch({ journey, ports, pickPort }: Watched): Fetch {
  return async (given, options) => {
    const url = new URL(given);
    const port = pickPort();
    url.host = `127.0.0.1:${port}`;
    journey.begin(ports.indexOf(port), url.searchParams.get('after') ?? undefined);
    const response = await fetch(url, options);
    const { status, headers } = response;
    if (status !== 200 || response.body === null) {
      journey.note(`refused with ${status}`);
      return response;
    }
    const [body, copy] = response.body.tee();
    note(copy, journey).catch((error: unknown) => journey.note(String(error)));
    return { status, headers, body, text: () => response.text() };
  };
}

async function note(body: ReadableStream<Uint8Array>, journey: Journey): Promise<void> {
  for await (const { data } of blocksOf(body)) if (data !== undefined) journey.take(JSON.parse(data));
  journey.note('the stream ended');
}
