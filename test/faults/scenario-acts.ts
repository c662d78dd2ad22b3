import { connect } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { encodeEventFrame } from '../../shared/contract/event.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import { encodeHeaders } from '../../shared/contract/message.ts';
import { EXCHANGE, HISTORY } from '../../shared/contract/topology.ts';
import type { Client } from './client.ts';
import type { Act, FaultContext } from './act.ts';
import { makeMistakes } from './mistakes.ts';
import type { scenarioFaults } from './schedule.ts';

const UNCONFIRMED_MS = 2_500;
const SLOW_LINK_MS = 350;
const SUBSCRIPTIONS = 6;
const FIRST_NEW_CUSTOMER = 3_000;
const DEADLINE_MS = 30_000;

/** What one guarantee is put to the test with; with the guarantee kept, none of them does any harm. */
export const scenarioActs: Readonly<Record<(typeof scenarioFaults)[number], Act>> = {
  // What ingest publishes now reaches nobody and is never confirmed; then it dies with all that it knew.
  'publisher lost, then ingest killed': async (_fault, { system }) => {
    const ingests = system.of('ingest');
    for (const { links } of ingests) for (const link of links) link.halfOpenNamed(' publisher');
    await delay(UNCONFIRMED_MS);
    for (const { process } of ingests) process.kill();
  },
  // Fresh instances know nothing: every client is resumed from the history.
  'both deliveries killed': (_fault, { system }) => {
    for (const { process } of system.of('delivery')) process.kill();
    return Promise.resolve();
  },
  'slow links of delivery': async ({ lastsMs }, { system }) => {
    const links = system.of('delivery').flatMap((member) => member.links);
    for (const link of links) link.delay(SLOW_LINK_MS);
    await delay(lastsMs);
    for (const link of links) link.heal();
  },
  'entries swapped': swapEntries,
  'mistakes of a backend': makeMistakes,
  // What is published right after `subscribed` has to arrive, however long the broker takes to bind. An appointment's event
  // would come by the binding of `calendar`, for which it goes too.
  'rooms subscribed to': async (_fault, { clients, speaker }) => {
    const admin = adminOf(clients);
    for (let index = 0; index < SUBSCRIPTIONS; index += 1) {
      const customerId = FIRST_NEW_CUSTOMER + index;
      const room = `customer_${customerId}`;
      await admin.subscribe(room);
      admin.person.rooms.add(room);
      await speaker.say(
        { id: 9_100 + index, providerId: 901, customerId, secretaryIds: [] },
        { name: 'calendar.sync', rooms: [room] },
      );
    }
  },
};

/**
 * Two publishers at once: the exchange hands X and Y to the history as X, Y and to the queues as Y, X. A client that
 * had Y and not yet X when its instance died has to get X from a resume that starts at Y.
 */
async function swapEntries(
  _fault: unknown,
  { system, clients, ledger, speaker }: FaultContext,
): Promise<void> {
  const admin = adminOf(clients);
  const appointment = { id: 9_200, providerId: 902, customerId: 902, secretaryIds: [] };
  const x = ledger.draft({ appointment: 9_201, entrance: 'http', rooms: ['admin'] });
  x.firstTriedMs = performance.now();
  await publishToHistoryOnly(system.broker.nodes[0]?.url ?? '', x.id);
  x.acceptedMs = performance.now();
  await speaker.say(appointment, { rooms: ['admin'] });
  const y = ledger.accepted.at(-1);
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!admin.journey.receipts.order.some((index) => ledger.events[index]?.fact === y)) {
    if (performance.now() > deadlineMs) throw new Error('the second entry did not reach its client');
    await delay(5);
  }
  admin.hangUp(3_000);
  for (const { process } of system.of('delivery')) process.kill();
}

async function publishToHistoryOnly(url: string, id: string): Promise<void> {
  const model = await connect(url);
  const channel = await model.createConfirmChannel();
  for (const [own, room] of [
    [id, 'admin'],
    [`${id}:calendar`, 'calendar'],
  ] as const) {
    // Stamped ahead, so that a slow machine does not move it out of the time that a fence covers.
    const cursor = Cursor.parse(uuidv7({ msecs: Date.now() + 400 }));
    const timestamp = new Date().toISOString();
    const event = { id: own, name: 'calendar.sync', data: {}, timestamp, rooms: [room] } as const;
    const properties = {
      messageId: own,
      type: 'calendar.sync',
      appId: 'another ingest',
      persistent: true,
      headers: encodeHeaders(cursor, [room]),
    };
    // The companion takes the ordinary way; only the event itself is late in the queues.
    if (room === 'calendar') channel.publish(EXCHANGE, room, encodeEventFrame(event, cursor), properties);
    else channel.sendToQueue(HISTORY, encodeEventFrame(event, cursor), properties);
  }
  await channel.waitForConfirms();
  await model.close();
}

function adminOf(clients: readonly Client[]): Client {
  const admin = clients.find(({ person }) => person.role === 'admin' && person.wire === 'WebSocket');
  if (admin === undefined) throw new Error('this scenario needs an administrator');
  return admin;
}
