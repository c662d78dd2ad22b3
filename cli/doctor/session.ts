import { randomUUID } from 'node:crypto';
import { INBOX } from '../../shared/contract/topology.ts';
import { errorText } from '../../shared/service/error-text.ts';
import { fetchFailure } from '../../shared/service/fetch-failure.ts';
import { withScheme } from '../core/endpoint.ts';
import { finding, notMade, ok, unneeded, type Failed, type Outcome } from '../core/examination.ts';
import { refusedSession, SILENT_CURE } from '../core/refused-session.ts';
import { sendTo } from './broker.ts';
import { Client, type Seen } from './client.ts';
import type { Target } from './target.ts';

/** Nobody's: what is sent to its room reaches the doctor alone. */
const NOBODY = { role: 'customer', id: Number.MAX_SAFE_INTEGER } as const;
const TOKEN_S = 60;

/** What stands between us and a session shows in one of these. */
const causes = ['broker.port', 'broker.login', 'health'];

/** `--token`, or one of nobody. */
export function tokenOf({ token, sign }: Target): string | undefined {
  return token ?? sign?.(NOBODY, TOKEN_S);
}

/** A session with a token, up to `connected`. */
export async function session(target: Target, failed: Failed): Promise<Outcome> {
  return withSession(target, failed, (client) => ok(`connected, in ${client.rooms.join(', ') || 'no room'}`));
}

/** An event published now, up to the client that it is for. */
export async function event(target: Target, failed: Failed): Promise<Outcome> {
  const byHttp = target.key !== undefined && target.ingest !== undefined && !failed('ingest.tls');
  const byInbox = target.brokers.length > 0 && !['broker.login', 'topology'].some(failed);
  if (!byHttp && !byInbox) {
    return target.key === undefined && target.brokers.length === 0
      ? unneeded('nothing to publish with: neither INGEST_API_KEYS nor AMQP_URL is here')
      : notMade('neither ingest nor the inbox can be reached');
  }
  return withSession(target, failed, async (client) => {
    const room = client.rooms.find((name) => name.includes('_')) ?? client.rooms[0];
    if (room === undefined) return notMade('the session has no room');
    const id = `roomcast-doctor-${randomUUID()}`;
    // Apps refresh their calendar at most.
    const body = { event: 'calendar.sync', data: { reason: 'doctor' }, rooms: [room], id };
    const sentMs = performance.now();
    const way = byHttp ? 'ingest' : INBOX;
    const refused = byHttp ? await post(target, body) : await enqueue(target, body);
    if (refused !== undefined) return refused;
    const seen = await client.until((frame) => frame.id === id, target.waitMs);
    if (seen.kind === 'frame') {
      return ok(`published by ${way}, seen ${Math.round(performance.now() - sentMs)} ms later`);
    }
    if (failed('health')) return notMade(`${way} took it and no client saw it; health says why`);
    return finding(
      `${way} took an event and its client did not see it within ${target.waitMs / 1000} s`,
      'compare AMQP_URL of ingest and delivery: same broker, same virtual host; an inbox needs an ingest that runs',
    );
  });
}

async function withSession(
  target: Target,
  failed: Failed,
  work: (client: Client) => Outcome | Promise<Outcome>,
): Promise<Outcome> {
  const token = tokenOf(target);
  if (target.delivery === undefined) return unneeded('delivery is not here: give --url');
  if (token === undefined) return unneeded('no token: give one by --token, or run it where JWT_SECRET is');
  const client = new Client(withScheme(target.delivery, 'ws'), token, target.waitMs);
  try {
    const seen = await client.until(({ type }) => type === 'connected', target.waitMs);
    return seen.kind === 'frame' ? await work(client) : notConnected(seen, target, failed);
  } finally {
    client.close();
  }
}

function notConnected(seen: Exclude<Seen, { kind: 'frame' }>, target: Target, failed: Failed): Outcome {
  if (seen.kind === 'refused' && seen.code !== 'OVERLOADED') {
    return { kind: 'found', findings: [refusedSession(seen, target.token !== undefined)] };
  }
  const cause = causes.find(failed);
  if (cause !== undefined) return notMade(`it does not get as far as connected; ${cause} may say why`);
  const what = {
    refused: 'delivery is overloaded',
    ended: 'the connection ended',
    silent: 'no connected frame came',
  };
  const more = seen.kind === 'ended' ? `: ${seen.why}` : seen.kind === 'refused' ? `: ${seen.message}` : '';
  return finding(`${what[seen.kind]} before the session was there${more}`, SILENT_CURE);
}

async function post({ ingest, key = '', waitMs }: Target, body: object): Promise<Outcome | undefined> {
  try {
    const response = await fetch(new URL('/v1/events', ingest), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(waitMs),
    });
    await response.body?.cancel();
    if (response.ok) return undefined;
    return response.status === 401
      ? finding(
          'ingest refuses this key',
          'give ingest and its backend the same INGEST_API_KEYS, and start ingest again',
        )
      : finding(
          `ingest answers ${response.status} to an event`,
          'PROTOCOL.md, "HTTP in", says what it means; see the log of ingest',
        );
  } catch (error) {
    const why = fetchFailure(error, { timeoutMs: waitMs, wrong: 'its answer cannot be read' });
    return finding(`ingest does not answer: ${why}`, 'see the log of ingest, and of a proxy before it');
  }
}

async function enqueue(target: Target, body: object): Promise<Outcome | undefined> {
  try {
    await sendTo(target, INBOX, body);
    return undefined;
  } catch (error) {
    return finding(
      `the inbox does not take an event: ${errorText(error)}`,
      'see what waits in appointments.inbox, and the alarms of the broker (rabbitmqctl status)',
    );
  }
}
