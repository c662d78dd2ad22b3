import { connect, type ConfirmChannel } from 'amqplib';
import { INBOX } from '../../shared/contract/topology.ts';
import { newEvent } from '../load/load-event.ts';
import { flatOut } from '../load/pace.ts';
import { cpuClock } from '../measure/processor.ts';
import type { Figures } from '../measure/turns.ts';
import { httpAmqp } from '../peers/http-amqp.ts';
import type { World } from '../peers/peer.ts';
import { inputOf, RunningRoomcast } from '../peers/roomcast.ts';
import { Crowd, customers } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const ROOM = 'customer_9';
const NOBODY = 'customer_8';
const EVENTS = 5_000;
const ARRAY = 100;
const figure = 'events a second';
const FLOOR = 'bare amqplib';

export const ingest: Scenario = {
  name: 'ingest',
  does: `${EVENTS} events flat out: posted one by one (64 under way), in arrays of ${ARRAY} (8 under way), and through the inbox until they are delivered; beside confirmed publishes of one process (1,000 unconfirmed)`,
  warmUp: 'one turn',
  rounds: 5,
  quick: false,
  goals: [
    { figure, of: 'single', against: FLOOR, atLeast: 0.6 },
    { figure, of: 'arrays', against: FLOOR, atLeast: 0.9 },
    { figure, of: 'inbox', against: FLOOR, atLeast: 0.6 },
  ],
  contenders: () => [
    posting('single', 1, 64),
    posting('arrays', ARRAY, 8),
    { name: 'inbox', prepare: throughInbox },
    { name: FLOOR, prepare: floor },
  ],
};

function posting(name: string, together: number, atOnce: number): ContenderPlan {
  return {
    name,
    prepare: async (world) => {
      const running = await RunningRoomcast.start(world);
      const send = () => {
        const events = Array.from({ length: together }, () => newEvent(NOBODY));
        const [only] = events;
        return together === 1 && only ? running.publish(only) : running.publishArray(events);
      };
      const turn = () => rate(running.pids.ingest, () => flatOut(EVENTS / together, atOnce, send));
      await turn();
      return { turn, end: () => running.stop() };
    },
  };
}

async function throughInbox(world: World) {
  const running = await RunningRoomcast.start(world);
  const connection = await connect(running.amqpUrl);
  const channel = await connection.createConfirmChannel();
  const crowd = await Crowd.open(running, customers(1, 9));
  const turn = () =>
    rate(running.pids.ingest, async () => {
      crowd.expect(EVENTS);
      for (let n = 0; n < EVENTS; n += 1) await sendToInbox(channel);
      await crowd.heard();
    });
  await turn();
  return {
    turn,
    end: async () => {
      await connection.close();
      await crowd.end();
    },
  };
}

/** Waits only where amqplib's own buffer is full. */
async function sendToInbox(channel: ConfirmChannel): Promise<void> {
  const content = Buffer.from(JSON.stringify(inputOf(newEvent(ROOM))));
  if (channel.sendToQueue(INBOX, content, { persistent: true })) return;
  await new Promise((resolve) => channel.once('drain', resolve));
}

async function floor(world: World) {
  const running = await httpAmqp.start(world);
  const { text } = newEvent(ROOM);
  const turn = () =>
    rate([running.publisher.pid], async () => {
      await running.publisher.ask('flood', { messages: EVENTS, atOnce: 1_000, text });
    });
  await turn();
  return { turn, end: () => running.stop() };
}

/** `pids`: of the process that publishes to the broker. */
async function rate(pids: readonly number[], work: () => Promise<void>): Promise<Figures> {
  const used = cpuClock(pids);
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1_000;
  return { [figure]: EVENTS / seconds, 'ingest, µs an event': used() / EVENTS };
}
