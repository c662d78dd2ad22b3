import { textOf } from './errors.ts';
import type { Fetch, FetchAnswer } from './platform.ts';
import type { Link, LinkEvents, Opening } from './transport.ts';

interface Globals {
  readonly AbortController: new () => { readonly signal: unknown; abort(): void };
  readonly TextDecoder: new () => { decode(bytes?: Uint8Array, options?: { stream: boolean }): string };
}
const globals = globalThis as unknown as Globals;

/** What a refusal is on a WebSocket; any other is a failure that may pass. */
const closeCodes: Readonly<Record<number, number>> = { 400: 1008, 401: 3000, 403: 1008, 405: 1008 };
const TOKEN_EXPIRED = 4001;
const TOO_MANY = 4008;
const ABNORMAL = 1006;
const RESTART = 1012;

/** The same session by `GET /v1/stream`; `fetch` sends the token in a header, which `EventSource` cannot. */
export function openStream(
  fetch: Fetch,
  url: string,
  { token, cursor, rooms }: Opening,
  events: LinkEvents,
): Link {
  const aborting = new globals.AbortController();
  const query = [`events=dotted`];
  if (rooms.length > 0) query.push(`rooms=${encodeURIComponent(rooms.join(','))}`);
  if (cursor !== undefined) query.push(`after=${encodeURIComponent(cursor)}`);
  const answering = fetch(`${url}?${query.join('&')}`, {
    headers: { Authorization: `Bearer ${token}` },
    signal: aborting.signal as never,
    cache: 'no-store',
  });
  answering
    .then((answer) => (answer.status === 200 ? read(answer, events) : refused(answer, events)))
    .catch((error: unknown) => events.closed(ABNORMAL, textOf(error)));
  return {
    send: (frame) => {
      // A ping needs no answer: comments come by themselves. A new token is a new request, with the cursor.
      if (!('token' in frame)) return;
      events.frame('{"type":"going_away","reconnect_after_ms":0}');
      events.closed(RESTART, '');
    },
    close: () => aborting.abort(),
  };
}

async function refused(answer: FetchAnswer, events: LinkEvents): Promise<void> {
  const seconds = answer.headers.get('Retry-After');
  const text = `${answer.status} ${await answer.text()}`;
  if (seconds === null) events.closed(closeCodes[answer.status] ?? ABNORMAL, text);
  else events.closed(TOO_MANY, `${text} ${seconds}`);
}

/** Blocks of `field: text` lines (WHATWG HTML, "Server-sent events"). The server writes each frame in one line, ended by LF. */
async function read({ body }: FetchAnswer, events: LinkEvents): Promise<void> {
  const reader = body?.getReader();
  const decoder = new globals.TextDecoder();
  let rest = '';
  let code = ABNORMAL;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) {
      events.closed(code, '');
      return;
    }
    events.frame();
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, field, text = ''] = /^(data|retry): ?(.*)/.exec(line) ?? [];
      if (text.includes('"code":"TOKEN_EXPIRED"')) code = TOKEN_EXPIRED;
      if (field === 'data') events.frame(text);
      if (field === 'retry') events.frame(`{"type":"going_away","reconnect_after_ms":${Number(text)}}`);
    }
  }
}
