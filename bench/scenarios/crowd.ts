import type { Room } from '../../shared/contract/routing.ts';
import { newEvent } from '../load/load-event.ts';
import type { Listeners } from '../load/listeners.ts';
import { Swarm } from '../load/swarm.ts';
import { quantileOf } from '../measure/statistics.ts';
import { loadClock, roleClocks } from '../measure/processor.ts';
import type { Figures } from '../measure/turns.ts';
import type { Peer, RunningPeer, Subscriber, World } from '../peers/peer.ts';

/** Handshakes that are under way. */
const AT_ONCE = 200;

/** A running peer with its sockets, and how many frames they should have had. */
export class Crowd {
  #expected = 0;

  private constructor(
    readonly peer: RunningPeer,
    readonly listeners: Listeners,
    private readonly swarm: Swarm | undefined,
  ) {}

  static async start(
    peer: Peer,
    world: World,
    subscribers: readonly Subscriber[],
    byte?: number,
  ): Promise<Crowd> {
    return Crowd.open(await peer.start(world), subscribers, byte);
  }

  /** `byte`: counts frames by another byte than that of the mark of the load's events. */
  static async open(running: RunningPeer, subscribers: readonly Subscriber[], byte?: number): Promise<Crowd> {
    if (running.listeners !== undefined) return new Crowd(running, running.listeners, undefined);
    const swarm = Swarm.start(byte);
    const targets = subscribers.map((subscriber) => running.target(subscriber));
    await swarm.connect(targets, AT_ONCE);
    return new Crowd(running, swarm.listeners, swarm);
  }

  /** Of what is published by other ways. */
  expect(frames: number): void {
    this.#expected += frames;
  }

  /** Publishes an event to a room, which so many sockets get. */
  async publish(room: Room, listening: number): Promise<void> {
    this.expect(listening);
    await this.peer.publish(newEvent(room));
  }

  /** Resolves once all that was published has come. */
  heard(): Promise<void> {
    return this.listeners.heard(this.#expected);
  }

  /** CPU by what the processes do, all together and what the load itself took, in microseconds by `unit`. */
  async measure(unit: string, units: number, work: () => Promise<void>): Promise<Figures> {
    const used = roleClocks(this.peer.pids, unit);
    const load = loadClock(this.swarm?.listeners.pids ?? []);
    await this.listeners.latenciesUs();
    await work();
    await this.heard();
    return { ...used(units), [`load, µs ${unit}`]: load() / units };
  }

  /** From the call to the frame, of what came since the last figures. */
  async latencies(): Promise<Figures> {
    const ms = (await this.listeners.latenciesUs()).map((us) => us / 1_000);
    return { 'p50, ms': quantileOf(ms, 0.5), 'p99, ms': quantileOf(ms, 0.99) };
  }

  async end(): Promise<void> {
    await this.swarm?.stop();
    await this.peer.stop();
  }
}

export const COLLEAGUES_ROOM = 'admin';

/** So many people in one room. None of them is whom its events are about, so no receipt tells of them: see the scenario of that name. */
export function colleagues(count: number): readonly Subscriber[] {
  return Array.from({ length: count }, (_, n) => ({
    person: { role: 'admin', id: 1 + n },
    room: COLLEAGUES_ROOM,
  }));
}

/** So many customers, each in a room of their own. */
export function customers(count: number, firstId = 1): readonly Subscriber[] {
  return Array.from({ length: count }, (_, n) => ({
    person: { role: 'customer', id: firstId + n },
    room: `customer_${firstId + n}` as const,
  }));
}
