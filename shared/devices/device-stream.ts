import type { ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from '../broker/broker-connection.ts';
import { CurrentStream } from '../broker/current-stream.ts';
import { jsonIn } from '../contract/control.ts';
import { DEVICE_MAX_DAYS, DEVICES } from '../contract/topology.ts';
import { unixMs } from '../core/wall-time.ts';
import type { WallClock } from '../service/clock.ts';
import type { Logger } from '../service/logger.ts';
import { DeviceLine } from './device.ts';
import { DeviceList } from './device-list.ts';

/** More phones than one person has. The one that was not seen for longest goes. */
const MAX_DEVICES_PER_PERSON = 10;
const DAY_MS = 24 * 60 * 60_000;

/** Follows which devices there are, and writes what changes. */
export class DeviceStream {
  /** As the stream says. */
  readonly list = new DeviceList({
    maxPerPerson: MAX_DEVICES_PER_PERSON,
    maxAgeMs: DEVICE_MAX_DAYS * DAY_MS,
  });
  readonly #stream: CurrentStream;
  readonly #wall: WallClock;
  #forgetAtMs = 0;

  constructor(
    connection: BrokerConnection,
    { wall, logger }: { readonly wall: WallClock; readonly logger: Logger },
  ) {
    this.#wall = wall;
    this.#stream = new CurrentStream(connection, {
      stream: DEVICES,
      name: 'devices',
      begin: () => Promise.resolve('first'),
      barrier: (id) => ({ body: encoded({ barrier: id }) }),
      onMessage: (message, offset) => this.#take(message, offset, logger),
      logger,
    });
  }

  /** While all are known that the broker has. */
  get isCurrent(): boolean {
    return this.#stream.isCurrent;
  }

  whenCurrent(): Promise<void> {
    return this.#stream.whenCurrent();
  }

  /** Resolves once it is kept, and the list says so. */
  write(line: DeviceLine): Promise<void> {
    return this.#stream.write({ body: encoded(line) });
  }

  /** Called about once a second. */
  tick(): void {
    const nowMs = unixMs(this.#wall());
    if (nowMs < this.#forgetAtMs) return;
    this.#forgetAtMs = nowMs + DAY_MS;
    this.list.forgetUnseen(nowMs);
  }

  close(): Promise<void> {
    return this.#stream.close();
  }

  /** What is in it is no matter for a log. */
  #take({ content }: ConsumeMessage, offset: number, logger: Logger): void {
    const line = DeviceLine.safeParse(jsonIn(content)).data;
    if (line !== undefined) this.list.apply(line);
    else logger.warn({ offset }, `an entry of ${DEVICES} is none of ours and was passed over`);
  }
}

function encoded(line: DeviceLine): Buffer {
  return Buffer.from(JSON.stringify(line));
}
