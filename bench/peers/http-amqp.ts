import { createVhost } from '../../tools/broker/management.ts';
import { Listeners, listenerOf } from '../load/listeners.ts';
import { Posts } from '../load/posts.ts';
import type { CountingCalls } from '../load/receiver-calls.ts';
import { Worker } from '../load/worker.ts';
import { dataOf } from './event-data.ts';
import type { Peer, RunningPeer, World } from './peer.ts';

/** Of the publishing process. */
export interface PublisherCalls {
  port(argument: object): Promise<number>;
  /** So many confirmed publishes, always `atOnce` of them unconfirmed. */
  flood(argument: {
    readonly messages: number;
    readonly atOnce: number;
    readonly text: string;
  }): Promise<void>;
}

export interface RunningHttpAmqp extends RunningPeer {
  readonly publisher: Worker<PublisherCalls>;
}

let started = 0;

/**
 * The least that two processes with a broker between can do: node:http and one confirmed publish with amqplib for each call, and one
 * consume. Nobody is connected; what is consumed counts as delivered.
 */
export const httpAmqp = {
  name: 'http + amqplib',
  start: async (world: World): Promise<RunningHttpAmqp> => {
    started += 1;
    const url = await createVhost((await world.broker()).handle, `bench-floor-${started}`);
    const env = { AMQP_URL: url };
    const consumer = Worker.start<CountingCalls>('peers/servers/consumer.main.js', { env });
    await consumer.ask('counts', {});
    const publisher = Worker.start<PublisherCalls>('peers/servers/publisher.main.js', { env });
    const posts = new Posts(await publisher.ask('port', {}), '/', {});
    return {
      publisher,
      pids: {
        ingest: [publisher.pid],
        delivery: [consumer.pid],
        broker: await world.brokerPids(),
      },
      listeners: new Listeners([listenerOf(consumer)]),
      target: () => {
        throw new Error('nobody connects to the floor of the broker');
      },
      publish: (event) => posts.post(JSON.stringify({ room: event.room, data: dataOf(event) })),
      stop: async () => {
        posts.close();
        await publisher.stop();
        await consumer.stop();
      },
    };
  },
} satisfies Peer;
