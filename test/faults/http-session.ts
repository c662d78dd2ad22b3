import { z } from 'zod';
import { blocksOf } from '../support/event-stream.ts';

export interface HttpSession {
  readonly base: string;
  readonly token: string;
  /** Where the client was. */
  readonly cursor: string | undefined;
  readonly rooms: readonly string[];
  /** Aborted when the client hangs up, or hears nothing any more. */
  readonly signal: AbortSignal;
  /** Something came, if only a sign of life. */
  readonly heard: () => void;
  readonly frame: (frame: unknown) => void;
  readonly note: (what: string) => void;
}

const Poll = z.object({
  events: z.array(z.unknown()),
  cursor: z.string(),
  recovered: z.boolean(),
  more: z.boolean(),
});
/** Below the silence after which a connection is given up. */
const WAIT_S = 5;

/** One stream, until it ends. */
export async function readStream(session: HttpSession): Promise<void> {
  const { cursor } = session;
  const response = await ask(session, '/v1/stream', cursor === undefined ? {} : { 'last-event-id': cursor });
  if (response === undefined || response.body === null) return;
  for await (const { data } of blocksOf(response.body)) {
    session.heard();
    if (data !== undefined) session.frame(JSON.parse(data));
  }
}

/** Polls until one is refused; what an answer says besides events is given as the frames of a session. */
export async function poll(session: HttpSession): Promise<void> {
  let after = session.cursor;
  for (let isFirst = true; ; isFirst = false) {
    const query = `wait=${WAIT_S}${after === undefined ? '' : `&after=${after}`}`;
    const response = await ask(session, `/v1/events?${query}`);
    if (response === undefined) return;
    const { events, cursor, recovered } = Poll.parse(await response.json());
    session.heard();
    if (isFirst) session.frame({ type: 'connected', cursor: after ?? cursor });
    for (const event of events) session.frame(event);
    if (after !== undefined && (isFirst || !recovered)) {
      const reason = recovered ? undefined : 'told by a poll';
      session.frame({ type: 'resumed', recovered, replayed: events.length, cursor, reason });
    }
    session.frame({ type: 'polled', cursor });
    after = cursor;
  }
}

/** `undefined`: refused. */
async function ask(
  { base, token, rooms, signal, note }: HttpSession,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response | undefined> {
  const url = new URL(path, base);
  if (rooms.length > 0) url.searchParams.set('rooms', rooms.join(','));
  const response = await fetch(url, { signal, headers: { authorization: `Bearer ${token}`, ...headers } });
  if (response.status === 200) return response;
  note(`refused with ${response.status}: ${await response.text()}`);
  return undefined;
}
