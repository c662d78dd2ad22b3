import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { comesBack, delayMs } from '../core/reconnect.ts';

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

interface Close {
  readonly code: number;
  readonly reason: string;
  /** It got as far as a session, so the next wait starts small again. */
  readonly connected: boolean;
}

const PING_MS = 20_000;
const PONG_MS = 10_000;
const HANDSHAKE_MS = 10_000;
const TOKEN_EXPIRED = 4001;

const Frame = z.looseObject({
  type: z.string().optional().catch(undefined),
  cursor: z.string().optional().catch(undefined),
});

/** Connects again and again until a close code forbids it or it is interrupted; resolves to the exit code. */
export async function watch(options: WatchOptions): Promise<number> {
  const { interrupted, say } = options;
  let cursor: string | undefined;
  let failures = 0;
  const follow = (newest: string) => (cursor = newest);
  for (;;) {
    const { code, reason, connected } = await runSession(options, cursor, follow);
    if (interrupted.aborted) return 0;
    const said = `closed with ${code}${reason === '' ? '' : ` (${reason})`}`;
    if (!comesBack(code) || (code === TOKEN_EXPIRED && 'fixed' in options.token)) {
      say(`${said}: not coming back`);
      return 1;
    }
    failures = connected ? 0 : failures + 1;
    const waitMs = delayMs(code, failures, Math.random());
    say(`${said}: coming back in ${(waitMs / 1000).toFixed(1)} s`);
    const waited = delay(waitMs, true, { signal: interrupted });
    if (!(await waited.catch(() => false))) return 0;
  }
}

function runSession(
  { url, rooms, token, onFrame, say, interrupted }: WatchOptions,
  cursor: string | undefined,
  follow: (cursor: string) => void,
): Promise<Close> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_MS });
    let connected = false;
    let deadline: NodeJS.Timeout | undefined;
    const onInterrupt = () => socket.close(1000);
    interrupted.addEventListener('abort', onInterrupt);
    const pinging = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(JSON.stringify({ action: 'ping' }));
      // A path that went dead without a word shows by silence only.
      deadline ??= setTimeout(() => socket.terminate(), PONG_MS);
    }, PING_MS);

    socket.on('open', () => {
      const signed = 'fixed' in token ? token.fixed : token.sign();
      const more = { ...(cursor === undefined ? {} : { cursor }), ...(rooms.length === 0 ? {} : { rooms }) };
      socket.send(JSON.stringify({ action: 'auth', token: signed, ...more }));
    });
    socket.on('message', (data: Buffer) => {
      clearTimeout(deadline);
      deadline = undefined;
      const text = data.toString();
      onFrame(text);
      const frame = Frame.parse(JSON.parse(text));
      if (frame.type === 'connected') connected = true;
      if (frame.cursor !== undefined) follow(frame.cursor);
    });
    socket.on('error', (error) => say(error.message || String(error)));
    socket.on('close', (code, reason) => {
      clearInterval(pinging);
      clearTimeout(deadline);
      interrupted.removeEventListener('abort', onInterrupt);
      resolve({ code, reason: reason.toString(), connected });
    });
  });
}
