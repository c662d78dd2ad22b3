import { connect } from 'amqplib';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { INBOX } from '../../../shared/contract/topology.ts';
import { ask } from '../../hostile/ask.ts';
import { anyId, type Kind, type Stage } from '../kind.ts';

/** They are saved again and again: what ingest knows of appointments does not grow. */
const APPOINTMENTS = 2_000;
const SAVES = 20;
const MESSAGES = 20;
/** Kept for a week by the broker: few of them. */
const NONSENSE = 1;

const FIXTURE = 'test/fixtures/easyappointments/appointment_save.new.json';
let changes = 0;

function save(fixture: string): string {
  const { action, payload } = JSON.parse(fixture) as { action: string; payload: object };
  changes += 1;
  const id = 1 + (changes % APPOINTMENTS);
  // As many people: each has some twenty changes an hour, as many as a busy practice.
  const people = { id_users_provider: id, id_users_customer: id };
  return JSON.stringify({ action, payload: { ...payload, ...people, id, notes: `change ${changes}` } });
}

const appointment = () => ({
  event: 'appointment.updated',
  data: { id: anyId(), provider_id: anyId(), customer_id: anyId(), start: '2026-12-03T10:00:00+01:00' },
});

async function saveByWebhook({ ports, apiKey }: Stage): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const headers = { authorization: `Bearer ${apiKey}` };
  const fixture = readFileSync(FIXTURE, 'utf8');
  let good = 0;
  for (let n = 0; n < SAVES; n += 1) {
    const question = { agent, port: ports.ingest, path: '/webhooks/easyappointments', headers };
    if ((await ask({ ...question, body: save(fixture) })) === 204) good += 1;
  }
  agent.destroy();
  return good;
}

/** With some that are no events, and end among the rejected. */
async function publishToInbox({ amqpUrl }: Stage): Promise<void> {
  const model = await connect(amqpUrl);
  const channel = await model.createConfirmChannel();
  for (let n = 0; n < MESSAGES; n += 1) {
    const body = n < NONSENSE ? { event: 'nonsense', data: n } : appointment();
    channel.sendToQueue(INBOX, Buffer.from(JSON.stringify(body)), { persistent: true });
  }
  await channel.waitForConfirms();
  await model.close();
}

export const backendKinds: readonly Kind[] = [
  {
    name: 'saves by webhook',
    workers: 1,
    rest: ({ restMs }) => restMs,
    act: async (stage, tally) => tally.add('saved', await saveByWebhook(stage)),
  },
  {
    name: 'publishes to the inbox',
    workers: 1,
    rest: ({ longReplayEveryMs }) => longReplayEveryMs,
    act: publishToInbox,
  },
];
