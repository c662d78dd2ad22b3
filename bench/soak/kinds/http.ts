import { z } from 'zod';
import { signToken } from '../../../services/delivery/sign-token.ts';
import { anyId, type Kind, type Stage } from '../kind.ts';
import { between, closedOr } from '../waiting.ts';

const POLLS = 5;
const WAIT_S = 2;

const Ticket = z.object({ ticket: z.string() });
const Polled = z.object({ cursor: z.string() });

function bearer({ secret }: Stage) {
  return { authorization: `Bearer ${signToken(secret, { role: 'provider', id: anyId() })}` };
}

/** `undefined` where it was refused, or broke off. */
async function ask({ ports }: Stage, path: string, options: RequestInit): Promise<Response | undefined> {
  const answer = await fetch(`http://127.0.0.1:${ports.client}${path}`, options).catch(() => undefined);
  if (answer?.ok !== false) return answer;
  await answer.body?.cancel();
  return undefined;
}

/** Reads a stream for a while; resolves with the cursor that it came to. */
async function follow(stage: Stage, path: string, headers: Record<string, string>, ms: number) {
  const gone = new AbortController();
  const answer = await ask(stage, path, { headers, signal: AbortSignal.any([stage.signal, gone.signal]) });
  let cursor: string | undefined;
  const read = async () => {
    const decoder = new TextDecoder();
    const body: AsyncIterable<Uint8Array> | undefined = answer?.body ?? undefined;
    for await (const chunk of body ?? []) {
      cursor = /^id: (\S+)$/m.exec(decoder.decode(chunk, { stream: true }))?.[1] ?? cursor;
    }
  };
  const reading = read().catch(() => undefined);
  await closedOr(reading, ms, stage.signal);
  gone.abort();
  await reading;
  return cursor;
}

export const httpKinds: readonly Kind[] = [
  {
    name: 'follows a stream',
    workers: 4,
    rest: ({ restMs }) => restMs,
    act: async (stage, tally) => {
      const headers = bearer(stage);
      const cursor = await follow(stage, '/v1/stream', headers, between(...stage.tempo.stayMs));
      if (cursor === undefined) return;
      const again = { ...headers, 'last-event-id': cursor };
      if ((await follow(stage, '/v1/stream', again, between(...stage.tempo.briefMs))) !== undefined)
        tally.add('resumed a stream');
    },
  },
  {
    name: 'follows a stream by a ticket',
    workers: 2,
    rest: ({ restMs }) => restMs,
    act: async (stage) => {
      const { signal } = stage;
      const answer = await ask(stage, '/v1/tickets', { method: 'POST', headers: bearer(stage), signal });
      const body: unknown = await answer?.json().catch(() => undefined);
      if (body === undefined) return;
      const query = new URLSearchParams(Ticket.parse(body));
      await follow(stage, `/v1/stream?${query.toString()}`, {}, between(...stage.tempo.briefMs));
    },
  },
  {
    name: 'polls',
    workers: 3,
    rest: ({ restMs }) => restMs,
    act: async (stage, tally) => {
      const headers = { ...bearer(stage), connection: 'close' };
      let after = '';
      for (let n = 0; n < POLLS && !stage.signal.aborted; n += 1) {
        const path = `/v1/events?wait=${WAIT_S}${after}`;
        const answer = await ask(stage, path, { headers, signal: stage.signal });
        const body: unknown = await answer?.json().catch(() => undefined);
        if (body === undefined) return;
        after = `&after=${Polled.parse(body).cursor}`;
      }
      tally.add('polled on');
    },
  },
];
