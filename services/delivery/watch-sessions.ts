import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { backoffMs, withJitter } from '../../shared/core/backoff.ts';
import { printLine, warnLine } from '../../shared/service/command-line.ts';

export interface WatchOptions {
  readonly url: string;
  readonly rooms: readonly string[];
  readonly token: { readonly sign: () => string } | { readonly fixed: string };
}

interface Close {
  readonly code: number;
  readonly reason: string;
  /** It got as far as a session, so the next wait starts small again. */
  readonly connected: boolean;
}

const WAIT = { firstMs: 500, maxMs: 30_000 };
const OVERLOADED = 1013;
/** Soonest for one that was overloaded. */
const OVERLOADED_WAIT_MS = 5_000;
const PING_MS = 20_000;
const PONG_MS = 10_000;
const HANDSHAKE_MS = 10_000;
const TOKEN_EXPIRED = 4001;

/** Connects again and again until a close code forbids it or Ctrl-C; resolves to the exit code. */
export async function watch(options: WatchOptions): Promise<number> {
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let cursor: string | undefined;
  let failures = 0;
  const follow = (newest: string) => (cursor = newest);
  for (;;) {
    const { code, reason, connected } = await runSession(options, cursor, follow, interrupted.signal);
    if (interrupted.signal.aborted) return 0;
    const said = `closed with ${code}${reason === '' ? '' : ` (${reason})`}`;
    if (!comesBack(code) || (code === TOKEN_EXPIRED && 'fixed' in options.token)) {
      warnLine(`${said}: not coming back`);
      return 1;
    }
    failures = connected ? 0 : failures + 1;
    const waitMs = delayMs(code, failures, Math.random());
    warnLine(`${said}: coming back in ${(waitMs / 1000).toFixed(1)} s`);
    const waited = delay(waitMs, true, { signal: interrupted.signal });
    if (!(await waited.catch(() => false))) return 0;
  }
}

/** 4000–4499 come back, 4500–4999 and 3000–3999 do not, nor does what says that we broke the protocol. */
export function comesBack(code: number): boolean {
  if (code >= 4000) return code < 4500;
  return code < 3000 && ![1000, 1002, 1003, 1007, 1008, 1010].includes(code);
}

/** How long before the next attempt, as PROTOCOL.md says; `random` is from 0 to 1. */
export function delayMs(code: number, failures: number, random: number): number {
  const usual = backoffMs(WAIT, failures);
  const longest = code === OVERLOADED ? Math.max(usual, 2 * OVERLOADED_WAIT_MS) : usual;
  return withJitter(longest, random);
}

function runSession(
  { url, rooms, token }: WatchOptions,
  cursor: string | undefined,
  follow: (cursor: string) => void,
  interrupted: AbortSignal,
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
      printLine(text);
      const frame = JSON.parse(text) as { type?: string; cursor?: unknown };
      if (frame.type === 'connected') connected = true;
      if (typeof frame.cursor === 'string') follow(frame.cursor);
    });
    socket.on('error', (error) => warnLine(`${url}: ${error.message || String(error)}`));
    socket.on('close', (code, reason) => {
      clearInterval(pinging);
      clearTimeout(deadline);
      interrupted.removeEventListener('abort', onInterrupt);
      resolve({ code, reason: reason.toString(), connected });
    });
  });
}
