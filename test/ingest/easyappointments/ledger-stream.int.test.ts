import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { v7 } from 'uuid';
import { LedgerStream } from '../../../services/ingest/backends/easyappointments/ledger-stream.ts';
import { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import { Ledger } from '../../../services/ingest/backends/easyappointments/ledger.ts';
import { Cursor } from '../../../shared/contract/cursor.ts';
import { LEDGER } from '../../../shared/contract/topology.ts';
import { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { steadyClock } from '../../../shared/service/clock.ts';
import { declareTopology } from '../../../shared/broker/declare-topology.ts';
import { createLogger } from '../../../shared/service/logger.ts';
import { createVhostForTest, type TestVhost } from '../../support/broker.ts';
import { FAR_AHEAD, webhook } from '../../support/test-decider.ts';
import { TestIngest } from '../../support/ingest.ts';
import { limitQueues, setPolicy } from '../../support/policies.ts';
import { shortenStream } from '../../support/shorten-stream.ts';
import { scaledMs } from '../../support/time.ts';

const SNAPSHOT_EVERY_BYTES = 2_000;
const NEVER = Number.MAX_SAFE_INTEGER;
const PATH = '/webhooks/easyappointments';

/** A ledger that follows its stream, as in one instance of ingest. */
class Follower {
  readonly ledger = new Ledger();
  readonly said: string[] = [];
  readonly #logger = createLogger('test', 'info', this.#sink());
  readonly #connection: BrokerConnection;
  readonly #publisher: ConfirmPublisher;
  readonly stream: LedgerStream;

  constructor({ url }: TestVhost, snapshotEveryBytes = SNAPSHOT_EVERY_BYTES) {
    const logger = this.#logger;
    this.#connection = new BrokerConnection({
      url,
      name: 'test',
      logger,
      setup: (model) => declareTopology(model, { historyMaxAge: '7D' }, logger),
    });
    this.#publisher = new ConfirmPublisher(this.#connection, {
      maxUnconfirmed: 10_000,
      maxUnconfirmedBytes: 10_000_000,
      confirmTimeoutMs: scaledMs(20_000),
      now: steadyClock,
      onConfirmed: () => undefined,
      logger,
    });
    this.stream = new LedgerStream(this.#connection, {
      ledger: this.ledger,
      publisher: this.#publisher,
      nextKey: () => Cursor.parse(v7()),
      logger,
      snapshotEveryBytes,
    });
  }

  async ready(): Promise<this> {
    if (this.#publisher.state.state !== 'connected') await once(this.#publisher, 'state');
    return this.#publisher.state.state === 'connected' ? this : this.ready();
  }

  /** Writes a name of a service, and reads it back. */
  async write(id: number, name: string): Promise<void> {
    await this.stream.write(
      this.ledger.propose([{ kind: 'service', id, record: { seen: 0, gone: false, name } }]),
    );
    await this.stream.catchUp();
  }

  #sink(): Writable {
    const { said } = this;
    return new Writable({
      write(chunk: Buffer, _encoding, done) {
        said.push(chunk.toString());
        done();
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream.close();
    await this.#publisher.stop();
    await this.#connection.close();
  }
}

/** The lines of the stream from its beginning, up to the last of `count`. */
async function linesOf({ url }: TestVhost, count: number): Promise<Record<string, unknown>[]> {
  const model = await connect(url);
  const channel = await model.createChannel();
  await channel.prefetch(100);
  const lines: Record<string, unknown>[] = [];
  await new Promise<void>((resolve) => {
    void channel.consume(
      LEDGER,
      (message) => {
        if (message === null) return;
        lines.push(JSON.parse(message.content.toString()) as Record<string, unknown>);
        channel.ack(message);
        if (lines.length === count) resolve();
      },
      { arguments: { 'x-stream-offset': 'first' } },
    );
  });
  const gone = once(model, 'close');
  await model.close();
  await gone;
  return lines;
}

describe("the ledger's stream", () => {
  it('is read from its beginning by an instance that starts: the newest of everything', async () => {
    await using vhost = await createVhostForTest();
    await using writer = await new Follower(vhost).ready();
    for (const name of ['first', 'second', 'third']) await writer.write(1, name);
    await writer.write(2, 'other');
    await using reader = await new Follower(vhost).ready();
    await reader.stream.catchUp();
    expect(reader.ledger.nameOf('service', 1)).toBe('third');
    expect(reader.ledger.nameOf('service', 2)).toBe('other');
  });

  it('is caught up with once everything is read that others wrote before', async () => {
    await using vhost = await createVhostForTest();
    await using writer = await new Follower(vhost).ready();
    await using reader = await new Follower(vhost).ready();
    for (let n = 1; n <= 20; n += 1) {
      await writer.write(1, `name ${n}`);
      await reader.stream.catchUp();
      expect(reader.ledger.nameOf('service', 1)).toBe(`name ${n}`);
    }
  });

  it('gets all that is kept once more when enough was written, and not again before as much was', async () => {
    await using vhost = await createVhostForTest();
    await using writer = await new Follower(vhost).ready();
    await using idle = await new Follower(vhost).ready();
    await writer.write(2, 'kept');
    await writer.stream.compact();
    const name = (n: number) => `name ${n} ${'x'.repeat(200)}`;
    for (let n = 1; n <= 10; n += 1) await writer.write(1, name(n));
    await writer.stream.compact();
    await writer.stream.catchUp();
    await idle.stream.catchUp();
    // Both have read the snapshot: neither writes another.
    await writer.stream.compact();
    await idle.stream.compact();
    await writer.write(3, 'last');

    const barriers = 11 + 1 + 1 + 1;
    const lines = await linesOf(vhost, 11 + 2 + 2 + 1 + barriers);
    const begin = lines.findIndex(({ snapshot }) => snapshot === 'begin');
    expect(lines.slice(begin, begin + 4)).toEqual([
      { snapshot: 'begin' },
      { kind: 'service', id: 2, record: { seen: 0, gone: false, name: 'kept', version: 1 } },
      { kind: 'service', id: 1, record: { seen: 0, gone: false, name: name(10), version: 10 } },
      { snapshot: 'end' },
    ]);
    expect(lines.filter(({ snapshot }) => snapshot === 'begin')).toHaveLength(1);
    expect(lines.filter(({ kind }) => kind === 'service')).toHaveLength(11 + 2 + 1);
  });

  it('that holds something else is read all the same', async () => {
    await using vhost = await createVhostForTest();
    await using writer = await new Follower(vhost).ready();
    await writer.write(1, 'before');
    const model = await connect(vhost.url);
    const channel = await model.createConfirmChannel();
    for (const body of ['{', '{"kind":"service","id":0}', '{"kind":"unheard of"}', '']) {
      channel.sendToQueue(LEDGER, Buffer.from(body));
    }
    await channel.waitForConfirms();
    await writer.write(1, 'after');
    expect(writer.ledger.nameOf('service', 1)).toBe('after');
    expect(writer.said.filter((line) => line.includes('none of ours'))).toHaveLength(4);
    const gone = once(model, 'close');
    await model.close();
    await gone;
  });

  it('that holds kinds of entries of a later version is read all the same, and says so once for each', async () => {
    await using vhost = await createVhostForTest();
    await using writer = await new Follower(vhost).ready();
    await writer.write(1, 'before');
    const model = await connect(vhost.url);
    const channel = await model.createConfirmChannel();
    const later = ['room', 'room', 'holiday'].map((kind, index) => ({
      kind,
      id: index + 1,
      record: { version: 1, seen: 0 },
    }));
    for (const line of later) channel.sendToQueue(LEDGER, Buffer.from(JSON.stringify(line)));
    await channel.waitForConfirms();
    await writer.write(1, 'after');
    expect(writer.ledger.nameOf('service', 1)).toBe('after');
    expect(writer.said.filter((line) => line.includes('later version'))).toHaveLength(2);
    expect(writer.said.filter((line) => line.includes('none of ours'))).toEqual([]);
    const gone = once(model, 'close');
    await model.close();
    await gone;
  });

  it.each([
    ['an operator’s policy with max-length-bytes', limitQueues, { 'max-length-bytes': 20_000 }],
    ['a policy with max-age', setPolicy, { 'max-age': '1s' }],
  ] as const)('that %s shortened is written again by who knows it', async (_, lay, definition) => {
    await using vhost = await createVhostForTest();
    await using writer = await new Follower(vhost, NEVER).ready();
    await writer.write(1, 'long ago');
    await lay(vhost.name, definition);
    await shortenStream(vhost.url, LEDGER);
    {
      await using late = await new Follower(vhost, NEVER).ready();
      await late.stream.catchUp();
      expect(late.ledger.nameOf('service', 1)).toBeUndefined();
      expect(late.said.join('')).toContain('shortened below what it keeps');
    }
    await writer.stream.catchUp();
    await writer.stream.compact();
    await using later = await new Follower(vhost, NEVER).ready();
    await later.stream.catchUp();
    expect(later.ledger.nameOf('service', 1)).toBe('long ago');
    expect(later.said.join('')).not.toContain('shortened');
    // Once is enough.
    await writer.stream.catchUp();
    for (const { stream } of [writer, later]) await stream.compact();
    const wrote = [...writer.said, ...later.said].filter((line) => line.includes('wrote the whole ledger'));
    expect(wrote).toHaveLength(1);
  });

  it('is none the worse for a policy with max-length or message-ttl', async () => {
    await using vhost = await createVhostForTest();
    await limitQueues(vhost.name, { 'max-length': 100, 'message-ttl': 1000 });
    await using writer = await new Follower(vhost, NEVER).ready();
    await writer.write(1, 'long ago');
    for (let n = 1; n <= 120; n += 1) await writer.write(2, `name ${n}`);
    await using later = await new Follower(vhost, NEVER).ready();
    await later.stream.catchUp();
    expect(later.ledger.nameOf('service', 1)).toBe('long ago');
  });

  it('is made and taken up again after somebody deleted it, and what is known stays known', async () => {
    await using ingest = await TestIngest.start();
    await ingest.post(PATH, webhook('appointment_save.new'));
    expect((await ingest.announcedSince()).map(({ event }) => event)).toContain('appointment.created');
    await ingest.channel.deleteQueue(LEDGER);
    await ingest.post(PATH, webhook('appointment_save.update-provider-changed'));
    const events = (await ingest.published.take(4)).map(({ frame }) => frame['event']);
    expect(events).toEqual([
      'appointment.cancelled',
      'calendar.sync',
      'appointment.updated',
      'calendar.sync',
    ]);
    await ingest.post(PATH, webhook('appointment_delete', FAR_AHEAD));
    let last: unknown;
    while (last !== 'appointment.cancelled') last = (await ingest.published.nextFrame()).frame['event'];
    await ingest.ready();
  });
});
