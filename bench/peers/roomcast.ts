import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { signToken } from '../../services/delivery/sign-token.ts';
import { createVhost } from '../../tools/broker/management.ts';
import { API_KEY, Pair, SECRET } from '../hostile/pair.ts';
import type { LoadEvent } from '../load/load-event.ts';
import type { Target } from '../load/target.ts';
import { Posts } from '../load/posts.ts';
import { dataOf } from './event-data.ts';
import type { Peer, RunningPeer, Subscriber, World } from './peer.ts';

/** A benchmark comes from one address and is many phones; nothing else differs from the defaults. */
const UNLIMITED = {
  INGEST_RATE_LIMIT: '0',
  INGEST_BULK_RATE: '0',
  MAX_SESSIONS_PER_USER: '1000000',
  MAX_CONNECTS_PER_MINUTE: '1000000',
  MAX_STRANGERS: '1000000',
  MAX_HANDSHAKES_PER_SECOND: '1000000',
};

let started = 0;

export interface RoomcastOptions {
  readonly name?: string;
  /** Another built checkout than this one. */
  readonly root?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of one that runs, to stand beside it. */
  readonly amqpUrl?: string;
}

/** Both services of a checkout, each a process, on the broker. */
export function roomcast(options: RoomcastOptions = {}): Peer {
  return { name: options.name ?? 'roomcast', start: (world) => RunningRoomcast.start(world, options) };
}

/** What only this peer has: for scenarios about its parts. */
export class RunningRoomcast implements RunningPeer {
  readonly #posts: Posts;

  private constructor(
    readonly pair: Pair,
    readonly amqpUrl: string,
    private readonly brokerPids: readonly number[],
  ) {
    this.#posts = new Posts(pair.ports.ingest, '/v1/events', { authorization: `Bearer ${API_KEY}` });
  }

  static async start(
    world: World,
    { name = 'roomcast', root = '.', env = {}, ...options }: RoomcastOptions = {},
  ): Promise<RunningRoomcast> {
    started += 1;
    const place = `${name.replaceAll(/\W+/g, '-')}-${started}`;
    const folder = join(world.folder, place);
    mkdirSync(folder, { recursive: true });
    const amqpUrl = options.amqpUrl ?? (await createVhost((await world.broker()).handle, `bench-${place}`));
    const nodeOptions = { ingest: '', delivery: world.nodeOptions ?? '' };
    const pair = await Pair.start({ amqpUrl, folder, root, env: { ...UNLIMITED, ...env }, nodeOptions });
    return new RunningRoomcast(pair, amqpUrl, await world.brokerPids());
  }

  get pids() {
    const { ingest, delivery } = this.pair;
    return { ingest: [ingest.pid], delivery: [delivery.pid], broker: this.brokerPids };
  }

  target({ person, room }: Subscriber): Target {
    const path = `/?token=${signToken(SECRET, person)}`;
    const own = { port: this.pair.ports.client, path, ready: '"type":"connected"' };
    if (room !== 'admin') return own;
    // A room of many without the calendar's own frames, which no peer has.
    const hello = JSON.stringify({ action: 'unsubscribe', room: 'calendar' });
    return { ...own, hello, ready: '"type":"unsubscribed"' };
  }

  publish(event: LoadEvent): Promise<void> {
    return this.#posts.post(JSON.stringify(inputOf(event)));
  }

  publishArray(events: readonly LoadEvent[]): Promise<void> {
    return this.#posts.post(JSON.stringify(events.map(inputOf)));
  }

  async stop(): Promise<void> {
    this.#posts.close();
    await this.pair.stop();
  }
}

/** One event for the room, and the companion that ingest makes for `calendar`. */
export function inputOf(event: LoadEvent) {
  const id = `bench-${process.pid}-${event.number}`;
  return { event: 'appointment.updated', id, rooms: [event.room], data: dataOf(event) };
}
