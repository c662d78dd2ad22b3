import { textOf } from './errors.ts';
import type { Fetch, WebSocketConstructor } from './platform.ts';
import type { Link, OpenLink } from './transport.ts';
import { webSocketTransport } from './websocket.ts';

type Address =
  | {
      /** Of the WebSocket: `wss://host/ws`. */
      readonly url: string;
      readonly serverUrl?: undefined;
    }
  | {
      /** Of the server, by HTTP: `https://host` stands for `wss://host/ws`. */
      readonly serverUrl: string;
      readonly url?: undefined;
    };

export type TransportOptions = Address & {
  /** Where there is none: Node before 22 takes that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  readonly fetch?: Fetch | undefined;
  /** `sse` where a proxy lets no WebSocket through. */
  readonly transport?: 'websocket' | 'sse' | undefined;
};

export function transportOf({ url, serverUrl, WebSocket, fetch, transport }: TransportOptions): OpenLink {
  const base = (serverUrl ?? url.replace(/\/ws$/, '')).replace(/\/$/, '');
  if (transport === 'sse' && fetch) return sse(fetch, `${base.replace(/^ws/, 'http')}/v1/stream`);
  if (!WebSocket) throw new TypeError('No WebSocket here: hand one over');
  return webSocketTransport(WebSocket, url ?? `${base.replace(/^http/, 'ws')}/ws`);
}

/** Loaded by those who use it. */
function sse(fetch: Fetch, url: string): OpenLink {
  return (opening, events) => {
    let link: Link | undefined;
    let isClosed = false;
    import('./sse.ts').then(
      ({ openStream }) => {
        if (!isClosed) link = openStream(fetch, url, opening, events);
      },
      (error: unknown) => events.closed(1006, textOf(error)),
    );
    return {
      send: (frame) => link?.send(frame),
      close: () => {
        isClosed = true;
        link?.close();
      },
    };
  };
}
