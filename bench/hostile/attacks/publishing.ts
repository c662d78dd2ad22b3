import { connect } from 'amqplib';
import { Agent } from 'node:http';
import { INBOX } from '../../../shared/contract/topology.ts';
import type { Attack, Tally, Target } from '../attack.ts';
import { ask } from '../ask.ts';
import { inParallel } from '../raw-socket.ts';

const CALLERS = 4;
const MESSAGES = 8_000;
const ARRAY = 1_000;
/** Of one body, under INGEST_MAX_BODY_BYTES. */
const BODY_BYTES = 1_000_000;

async function post({ ports, apiKey }: Target, tally: Tally, bodyOf: () => string) {
  const agent = new Agent({ keepAlive: true });
  const headers = { authorization: `Bearer ${apiKey}` };
  await inParallel(CALLERS, async () => {
    const body = bodyOf();
    tally.add(`answers ${await ask({ agent, port: ports.ingest, path: '/v1/events', headers, body })}`);
  });
}

/** Once, as fast as the broker takes them. */
async function fillInbox({ amqpUrl }: Target, tally: Tally, bodyOf: (n: number) => string) {
  const model = await connect(amqpUrl);
  const channel = await model.createConfirmChannel();
  for (let n = 0; n < MESSAGES; n += 1) {
    channel.sendToQueue(INBOX, Buffer.from(bodyOf(n)), { persistent: true });
  }
  await channel.waitForConfirms();
  tally.add('messages', MESSAGES);
  await model.close();
}

const appointment = (n: number, notes: string) => ({
  event: 'appointment.updated',
  data: { id: n + 1, provider_id: 666, start: '2026-12-03T10:00:00+01:00', notes },
});

function largeArray(): string {
  const notes = 'x'.repeat(BODY_BYTES / ARRAY - 200);
  return JSON.stringify(Array.from({ length: ARRAY }, (_, n) => appointment(n, notes)));
}

const deep = (depth: number) =>
  `{"event":"calendar.sync","data":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;

export const publishingAttacks: readonly Attack[] = [
  {
    name: 'arrays',
    does: '4 backends post arrays of 1,000 events, 1 MB each, as fast as they are answered',
    run: (target, tally) => post(target, tally, largeArray),
  },
  {
    name: 'deep-json',
    does: '4 backends post data nested 160,000 deep, 1 MB each, as fast as they are answered',
    run: (target, tally) => post(target, tally, () => deep(BODY_BYTES / 6 - 1_000)),
  },
  {
    name: 'deep-arrays',
    does: '4 backends post 1 MB of [ as fast as they are answered',
    run: (target, tally) => post(target, tally, () => '['.repeat(BODY_BYTES)),
  },
  {
    name: 'inbox',
    does: '8,000 events come into the inbox at once',
    run: (target, tally) => fillInbox(target, tally, (n) => JSON.stringify(appointment(n, 'x'))),
  },
  {
    name: 'inbox-rejected',
    does: '8,000 messages that are no events come into the inbox at once',
    run: (target, tally) => fillInbox(target, tally, (n) => `{"event":"nonsense","data":${n}}`),
  },
];
