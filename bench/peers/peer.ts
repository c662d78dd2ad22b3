import type { Room } from '../../shared/contract/routing.ts';
import type { Person } from '../../services/delivery/sign-token.ts';
import type { OwnBroker } from '../../tools/broker/broker.ts';
import type { LoadEvent } from '../load/load-event.ts';
import type { Listeners } from '../load/listeners.ts';
import type { Target } from '../load/target.ts';

/** What a benchmark has for all of its peers. */
export interface World {
  /** Started when the first peer asks for it. */
  broker(): Promise<OwnBroker>;
  /** Of the broker's processes. */
  brokerPids(): Promise<readonly number[]>;
  /** Of logs and data; empty at the start. */
  readonly folder: string;
  /** Where what a peer needs from a registry is built or installed once. */
  readonly cache: string;
  /** For the measured process where it is Node's. */
  readonly nodeOptions?: string;
}

/** Who a socket belongs to, and the room whose events it gets. */
export interface Subscriber {
  readonly person: Person;
  readonly room: Room;
}

/** Something that takes events and gives each to the sockets of its room. */
export interface Peer {
  readonly name: string;
  /** Throws `PeerMissing` where the machine cannot run it. */
  start(world: World): Promise<RunningPeer>;
}

export interface RunningPeer {
  /** Its processes by what they do. */
  readonly pids: Readonly<Record<string, readonly number[]>>;
  target(subscriber: Subscriber): Target;
  /** Resolves once the event is accepted. */
  publish(event: LoadEvent): Promise<void>;
  /** Where it counts what it delivers by itself, without sockets. */
  readonly listeners?: Listeners;
  stop(): Promise<void>;
}

/** The machine lacks what a peer needs; the message says how to get it. */
export class PeerMissing extends Error {
  override readonly name = 'PeerMissing';
}
