import fc from 'fast-check';
import assert from 'node:assert/strict';
import { event, settle } from '../delivery/fakes.ts';
import type { FuzzProperty } from './property.ts';
import { SimulatedBroker, SimulatedInstance } from './simulated-broker.ts';
import { SimulatedClient } from './simulated-client.ts';

const CLIENTS = 4;
/** Each on several devices, at whichever instance. */
const USERS = 2;
const SMALL_MEMORY_BYTES = 4_000;
const MEMORY_BYTES = 1_000_000;

const INSTANCES = 2;
const ORIGINS = ['ingest-a', 'ingest-b'] as const;
/** Of the event loop, without anything left to do. */
const QUIET_TURNS = 5;

type ClientAct =
  | {
      readonly act: 'publish' | 'swap' | 'connect' | 'slow' | 'fast';
      readonly who: number;
      readonly at: number;
    }
  | { readonly act: 'cut'; readonly who: number; readonly lost: number };
type InstanceAct =
  | { readonly act: 'deliver'; readonly by: number; readonly at: number }
  | { readonly act: 'mark' | 'unbind' | 'restart'; readonly at: number };
type Act = ClientAct | InstanceAct | { readonly act: 'pass' | 'expire'; readonly by: number };

const who = fc.nat({ max: CLIENTS - 1 });
/** Of the instance; of the publisher too, as there is one behind each. */
const at = fc.nat({ max: INSTANCES - 1 });
const act = <Name extends string>(...names: readonly Name[]) => fc.constantFrom(...names);
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: act('publish', 'swap'), who, at }) },
  { weight: 4, arbitrary: fc.record({ act: act('connect', 'connect', 'slow', 'fast'), who, at }) },
  { weight: 8, arbitrary: fc.record({ act: act('deliver'), by: fc.integer({ min: 1, max: 6 }), at }) },
  { weight: 3, arbitrary: fc.record({ act: act('cut'), who, lost: fc.nat({ max: 4 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ act: act('pass'), by: fc.constantFrom(1, 200, 3_000, 70_000, 7_200_000) }),
  },
  { weight: 3, arbitrary: fc.record({ act: act('mark', 'mark', 'unbind', 'restart'), at }) },
  { weight: 1, arbitrary: fc.record({ act: act('expire'), by: fc.integer({ min: 1, max: 20 }) }) },
);

/** However publishing, arrival, connects and breaks interleave, a client has seen all that was accepted for it, in order. */
export const resumes: FuzzProperty = {
  name: 'the view of a client that comes back equals the accepted log',
  feeds: 'others',
  shortRuns: 60,
  create: (fed) =>
    fc.asyncProperty(
      fc.array(anyAct, { maxLength: 60, size: 'max' }),
      fc.constantFrom(SMALL_MEMORY_BYTES, MEMORY_BYTES),
      async (all, memoryBytes) => {
        fed(1);
        const world = new ResumeWorld(memoryBytes);
        for (const one of all) {
          world.play(one);
          await settle();
        }
        await world.finish();
        world.check();
      },
    ),
};

class ResumeWorld {
  readonly #broker = new SimulatedBroker();
  readonly #clients = Array.from(
    { length: CLIENTS },
    (_, index) => new SimulatedClient((index % USERS) + 1, this.#broker),
  );
  readonly #instances: SimulatedInstance[];
  #starts = 0;

  constructor(private readonly memoryBytes: number) {
    this.#instances = Array.from({ length: INSTANCES }, () => this.#start());
  }

  play(one: Act): void {
    if ('who' in one) this.#playClient(one, this.#clientOf(one.who));
    else if ('at' in one) this.#playInstance(one, this.#instanceOf(one.at));
    else if (one.act === 'pass') this.#broker.nowMs += one.by;
    // Retention is far longer than an event is under way.
    else if (!this.#isUnderWay) this.#broker.expire(one.by);
  }

  /** Everybody comes back and stays until nothing is left to come. */
  async finish(): Promise<void> {
    for (const client of this.#clients) {
      client.isSlow = false;
      client.connect(this.#instanceOf(0));
    }
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      await settle();
      if (this.#isUnderWay) quiet = 0;
      for (const instance of this.#instances) instance.deliver();
    }
    for (const client of this.#clients) client.cut(0);
  }

  check(): void {
    for (const { room, seen, from, failures } of this.#clients) {
      assert.deepEqual(failures, []);
      const { log } = this.#broker;
      const own = log.filter((entry) => entry.kind === 'event' && entry.rooms.includes(room));
      const cursors = new Set<string>(own.map(({ cursor }) => cursor));
      assert.ok([...seen].every((cursor) => cursors.has(cursor)));
      const wanted = log.slice(from ?? log.length).filter((entry) => own.includes(entry));
      for (const origin of ORIGINS) {
        const expected = wanted
          .filter((entry) => entry.origin === origin)
          .map(({ cursor }) => String(cursor));
        assert.deepEqual(
          [...seen].filter((cursor) => expected.includes(cursor)),
          expected,
        );
      }
    }
  }

  get #isUnderWay(): boolean {
    return this.#instances.some(({ waiting }) => waiting > 0) || this.#clients.some(({ isBusy }) => isBusy);
  }

  #playClient(one: ClientAct, client: SimulatedClient): void {
    switch (one.act) {
      case 'publish':
        this.#broker.publish([this.#event(client, ORIGINS[one.at])]);
        return;
      case 'swap':
        this.#broker.publish(
          ORIGINS.map((origin) => this.#event(client, origin)),
          this.#instanceOf(one.at),
        );
        return;
      case 'connect':
        client.connect(this.#instanceOf(one.at));
        return;
      case 'slow':
      case 'fast':
        client.isSlow = one.act === 'slow';
        return;
      case 'cut':
        client.cut(one.lost);
    }
  }

  #playInstance(one: InstanceAct, instance: SimulatedInstance): void {
    switch (one.act) {
      case 'deliver':
        for (let count = 0; count < one.by; count += 1) instance.deliver();
        return;
      case 'mark':
        void instance.publishMark();
        return;
      case 'unbind':
        instance.unbindUnused();
        return;
      case 'restart':
        for (const client of this.#clients) if (client.at === instance) client.cut(0);
        this.#broker.detach(instance);
        this.#instances[one.at] = this.#start();
    }
  }

  #start(): SimulatedInstance {
    this.#starts += 1;
    return new SimulatedInstance(this.#broker, `delivery-${this.#starts}`, this.memoryBytes);
  }

  #event({ room }: SimulatedClient, origin = '') {
    return event({ rooms: [room], origin, atMs: this.#broker.nowMs });
  }

  #clientOf(index: number): SimulatedClient {
    const client = this.#clients[index];
    if (client === undefined) throw new Error(`there is no client ${index}`);
    return client;
  }

  #instanceOf(index: number): SimulatedInstance {
    const instance = this.#instances[index];
    if (instance === undefined) throw new Error(`there is no instance ${index}`);
    return instance;
  }
}
