import { WebSocket } from 'ws';
import { createRoomcast, type RoomcastClient, type WebSocketConstructor } from '../../client/src/index.ts';

export interface WatchOptions {
  readonly url: string;
  readonly rooms: readonly string[];
  readonly token: { readonly sign: () => string } | { readonly fixed: string };
  /** Every frame as it came. */
  readonly onFrame: (text: string) => void;
  /** What becomes of the connection, in words. */
  readonly say: (sentence: string) => void;
  readonly interrupted: AbortSignal;
}

const HANDSHAKE_MS = 10_000;
const BAD_TOKEN = 3000;
const TOKEN_EXPIRED = 4001;

/** Comes back again and again until the SDK stops or there is no other token; resolves to the exit code. */
export function watch({ url, rooms, token, onFrame, say, interrupted }: WatchOptions): Promise<number> {
  return new Promise((resolve) => {
    const end = (exitCode: number) => {
      client.stop();
      resolve(exitCode);
    };
    const closed = (code: number, reason: string) => {
      if (interrupted.aborted) return;
      const isOver =
        client.getSnapshot().status === 'stopped' ||
        code === BAD_TOKEN ||
        (code === TOKEN_EXPIRED && 'fixed' in token);
      const said = `closed with ${code}${reason === '' ? '' : ` (${reason})`}`;
      say(`${said}: ${isOver ? 'not coming back' : 'coming back'}`);
      if (isOver) end(1);
    };
    const client: RoomcastClient = createRoomcast({
      url,
      rooms,
      getToken: () => ('fixed' in token ? token.fixed : token.sign()),
      WebSocket: watched({ onFrame, say, closed }),
    });
    client.on('error', ({ code, message }) => {
      if (code === 'unreachable' || code === 'token_failed') say(message);
    });
    interrupted.addEventListener('abort', () => end(0));
    client.start();
  });
}

interface Watcher extends Pick<WatchOptions, 'onFrame' | 'say'> {
  /** Once the SDK knows it too. */
  readonly closed: (code: number, reason: string) => void;
}

/** A WebSocket that shows what the SDK keeps to itself. */
function watched({ onFrame, say, closed }: Watcher): WebSocketConstructor {
  return class extends WebSocket {
    constructor(url: string) {
      super(url, { handshakeTimeout: HANDSHAKE_MS });
      this.on('message', (data: Buffer) => onFrame(data.toString()));
      this.on('error', (error) => say(error.message || String(error)));
      this.on('close', (code, reason) => queueMicrotask(() => closed(code, reason.toString())));
    }
  };
}
