import fc from 'fast-check';
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { signToken } from '../../services/delivery/sign-token.ts';
import { closeCodes } from '../../shared/contract/close-codes.ts';
import { anyInput } from './any-event.ts';
import { anyFrame } from './frames.ts';
import { KEY, SECRET, type FuzzedServices } from './services.ts';

/** What was sent over the real ports in a round, and what should not have come back. */
export interface PortsRound {
  readonly bodies: number;
  readonly frames: number;
  readonly failures: readonly string[];
}

const BODIES = 100;
const SESSIONS = 4;
const FRAMES_PER_SESSION = 50;
const SOUPS = 4;
const ANSWER_MS = 30_000;
const goodCodes = new Set<number>([1000, 1005, ...Object.values(closeCodes).map(({ code }) => code)]);
const paths = ['/v1/events', '/v1/events', '/broadcast', '/webhooks/easyappointments'];
const types = {
  plain: 'application/json',
  'cloud-event': 'application/cloudevents+json',
  'cloud-events': 'application/cloudevents-batch+json',
  'binary-cloud-event': 'application/json',
};
type AnyInput = typeof anyInput extends fc.Arbitrary<infer Value> ? Value : never;

export async function fuzzPorts({ ingest, delivery }: FuzzedServices, seed: number): Promise<PortsRound> {
  const inputs = fc.sample(anyInput, { seed, numRuns: BODIES });
  const posts = inputs.map((input, index) => post(ingest.port, input, paths[index % paths.length] ?? ''));
  const texts = fc.sample(anyFrame, { seed, numRuns: SESSIONS * FRAMES_PER_SESSION });
  const talks = Array.from({ length: SESSIONS }, (_, index) =>
    talk(delivery.port, texts.slice(index * FRAMES_PER_SESSION, (index + 1) * FRAMES_PER_SESSION)),
  );
  const soups = fc.sample(fc.uint8Array({ maxLength: 200, size: 'max' }), { seed, numRuns: SOUPS });
  const poured = soups.flatMap((soup) => [
    pour(ingest.port, Buffer.from(soup)),
    pour(delivery.port, Buffer.from(soup)),
    pour(delivery.port, Buffer.concat([Buffer.from(UPGRADE), soup])),
  ]);
  const told = await Promise.all([...posts, ...talks, ...poured]);
  return {
    bodies: inputs.length,
    frames: texts.length + soups.length,
    failures: told.filter((one) => one !== undefined),
  };
}

async function post(port: number, { wrapping, body }: AnyInput, path: string): Promise<string | undefined> {
  const attributes = wrapping.kind === 'binary-cloud-event' ? Object.entries(wrapping.attributes) : [];
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${KEY}`,
      'content-type': types[wrapping.kind],
      ...Object.fromEntries(
        attributes.map(([name, value]) => [`ce-${name}`, encodeURIComponent(asUnicode(value))]),
      ),
    },
    body,
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const answer = await response.text();
  if (response.status < 500) return undefined;
  return `${response.status} ${answer} to ${path}: ${Buffer.from(body).toString('base64')}`;
}

/** A session that sends what it has, and then asks whether it is still heard. */
async function talk(port: number, texts: readonly string[]): Promise<string | undefined> {
  const token = signToken(SECRET, { role: 'customer', id: 6 });
  const ws = new WebSocket(`ws://127.0.0.1:${port}/?token=${token}`);
  ws.on('error', () => undefined);
  const closed = once(ws, 'close').then(([code]) => code as number);
  const ponged = new Promise<string>((resolve) => ws.on('pong', () => resolve('pong')));
  await Promise.race([once(ws, 'open'), closed]);
  for (const text of texts) ws.send(text);
  ws.ping();
  const limit = AbortSignal.timeout(ANSWER_MS);
  const late = once(limit, 'abort').then(() => 'late');
  const outcome = await Promise.race([ponged, closed, late]);
  ws.close(1000);
  if (outcome === 'pong' || (typeof outcome === 'number' && goodCodes.has(outcome))) return undefined;
  return `a session ended with ${outcome}: ${JSON.stringify(texts)}`;
}

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** Any bytes, after which the client says no more; the other side lets go. */
async function pour(port: number, bytes: Buffer): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  const closed = once(socket, 'close').then(() => undefined);
  const late = once(AbortSignal.timeout(ANSWER_MS), 'abort');
  socket.end(bytes);
  return Promise.race([
    closed,
    late.then(() => {
      socket.destroy();
      return `a connection is kept: ${bytes.toString('base64')}`;
    }),
  ]);
}

function asUnicode(text: string): string {
  return Buffer.from(text).toString();
}
