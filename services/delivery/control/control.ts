import type { Channel } from 'amqplib';
import {
  ControlMessage,
  ControlRequest,
  jsonIn,
  type ControlAnswer,
} from '../../../shared/contract/control.ts';
import { cursorTimeMs } from '../../../shared/contract/cursor.ts';
import { CONTROL_TYPE, type ControlEntry } from '../../../shared/contract/message.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { ManagedChannel, plainChannel } from '../../../shared/broker/managed-channel.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { Sessions } from '../session/sessions.ts';
import type { EventStream } from '../stream/event-stream.ts';
import { peopleHere } from './people.ts';
import { Replays } from './replays.ts';
import { pageOf } from './session-page.ts';
import { tallyOf } from './tally.ts';

/** What was asked before is passed over: an instance that stood still would end sessions whose operator was told that it did not answer. */
const STALE_MS = 60_000;
/** Requests that are worked on; of more, ingest names this instance as missing. */
const MAX_UNDER_WAY = 32;

export interface ControlOptions {
  readonly instance: string;
  readonly sessions: Pick<Sessions, 'select' | 'disconnect' | 'leftAt'>;
  readonly stream: Pick<EventStream, 'past'>;
  readonly wall: WallClock;
  readonly now: SteadyClock;
  readonly logger: Logger;
}

/** Does what ingest asks of every instance, and answers to the queue that the request names. */
export class Control {
  readonly #channel: ManagedChannel<Channel>;
  readonly #replays: Replays;
  #underWay = 0;

  constructor(
    connection: BrokerConnection,
    private readonly options: ControlOptions,
  ) {
    const { logger } = options;
    this.#replays = new Replays(options);
    this.#channel = new ManagedChannel(connection, { name: 'control', logger, create: plainChannel });
  }

  take(entry: ControlEntry): void {
    const { wall, logger } = this.options;
    const message = ControlMessage.safeParse(jsonIn(entry.body)).data;
    const isStale = unixMs(wall()) - cursorTimeMs(entry.cursor) > STALE_MS;
    if (message === undefined || isStale || this.#underWay >= MAX_UNDER_WAY) {
      logger.warn({ id: entry.cursor, origin: entry.origin, isStale }, 'a control request was passed over');
      return;
    }
    this.#underWay += 1;
    this.#answerTo(ControlRequest.safeParse(message.request).data)
      .then((answer) => this.#send(answer, entry, message.reply_to))
      .catch((error: unknown) => logger.error({ err: error, id: entry.cursor }, 'a control request failed'))
      .finally(() => (this.#underWay -= 1));
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #answerTo(request: ControlRequest | undefined): Promise<ControlAnswer> {
    if (request === undefined) return { not_understood: true };
    const { instance, sessions, logger } = this.options;
    if (request.ask === 'people') return peopleHere(request.of, sessions);
    if (request.ask === 'tally') return { counts: tallyOf(await sessions.select({})) };
    const meant = await sessions.select(request.of);
    switch (request.ask) {
      case 'sessions':
        return pageOf(meant, { instance, after: request.after, limit: request.limit });
      case 'disconnect':
        logger.info({ sessions: meant.length, ...request }, 'an operator ends sessions');
        void sessions.disconnect(meant);
        break;
      case 'replay':
        if (request.events !== undefined) this.#replays.begin(meant, request.rooms, request.events);
    }
    return { concerned: meant.length };
  }

  /** Once: whoever asks does not wait for long. */
  #send(answer: ControlAnswer, { cursor }: ControlEntry, queue: string): void {
    this.#channel.current?.publish('', queue, Buffer.from(JSON.stringify(answer)), {
      type: CONTROL_TYPE,
      appId: this.options.instance,
      correlationId: cursor,
      contentType: 'application/json',
    });
  }
}
