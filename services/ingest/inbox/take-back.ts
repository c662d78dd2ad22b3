import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { z } from 'zod';
import { INBOX, REJECTED, REJECTED_REASON } from '../../../shared/contract/topology.ts';
import { backoffMs, withJitter } from '../../../shared/core/backoff.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import { sleep } from '../../../shared/service/sleep.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { confirmChannel, ManagedChannel } from '../../../shared/broker/managed-channel.ts';
import { Confirms } from '../../../shared/broker/confirms.ts';
import { sendToInbox } from './send-to-inbox.ts';

export interface TakeBackOptions {
  /** A message that a policy expired is in the inbox again. */
  readonly onTakenBack: () => void;
  readonly now: SteadyClock;
  readonly logger: Logger;
}

/** Expired by a policy, and refused by nobody; a message whose backend gave it a time of its own stays set aside. */
const Expired = z.object({
  'x-first-death-reason': z.literal('expired'),
  'x-first-death-queue': z.literal(INBOX),
  'x-death': z.array(z.object({ 'original-expiration': z.never().optional() })),
  [REJECTED_REASON]: z.never().optional(),
});
/** How often a message was taken back before. */
const TAKEN_BACK = 'x-taken-back';
const Times = z.number().int().nonnegative().catch(0);

/** Messages held at once. */
const MOST = 500;
const POLL_MS = 1_000;
/** Long enough for what lies in the queue to come, short for a person who looks at it meanwhile. */
const LOOK_MS = 200;
const LOOK_PAUSE = { firstMs: POLL_MS, maxMs: 60_000 };
const SEND_PAUSE = { firstMs: 250, maxMs: 5_000 };
/** Anybody else who consumes the rejected messages comes first. */
const LAST = -10;

/**
 * Sends what a policy with message-ttl expired from the inbox to the inbox again: it was accepted.
 *
 * Consumes `appointments.rejected`, since the same policy may expire it there as well, and a message that was delivered
 * does not expire. Once there is a message for a person to look at, all such are given back and the consumer is
 * cancelled, until there are more or none. A message that expires again waits longer each time before it is sent.
 */
export class TakeBack {
  readonly #channel: ManagedChannel<ConfirmChannel>;
  readonly #timer: NodeJS.Timeout;
  #live: { readonly channel: ConfirmChannel; readonly confirms: Confirms } | undefined;
  #consumerTag: string | undefined;
  #held: ConsumeMessage[] = [];
  #look: NodeJS.Timeout | undefined;
  /** As many are there for another reason. */
  #leftAlone = 0;
  #looks = 0;
  #nextLookMs = 0;
  #polling = false;

  constructor(
    connection: BrokerConnection,
    private readonly options: TakeBackOptions,
  ) {
    this.#channel = new ManagedChannel(connection, {
      name: 'take back',
      logger: options.logger,
      create: confirmChannel,
      ready: async (channel) => {
        this.#live = { channel, confirms: new Confirms(channel) };
        await channel.prefetch(MOST);
        await this.#consume(channel);
      },
      lost: () => {
        this.#live = undefined;
        this.#forget();
      },
    });
    this.#timer = setInterval(() => void this.#poll(), POLL_MS);
    this.#timer.unref();
  }

  /** What is not confirmed yet stays among the rejected. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#channel.close();
    this.#forget();
  }

  #forget(): void {
    clearTimeout(this.#look);
    this.#look = undefined;
    this.#consumerTag = undefined;
    this.#held = [];
  }

  async #consume(channel: ConfirmChannel): Promise<void> {
    const { consumerTag } = await channel.consume(
      REJECTED,
      (message) => {
        if (message === null) this.#forget();
        else this.#onDelivery(channel, message);
      },
      { priority: LAST },
    );
    this.#consumerTag = consumerTag;
  }

  #onDelivery(channel: ConfirmChannel, message: ConsumeMessage): void {
    if (Expired.safeParse(message.properties.headers).success) {
      void this.#takeBack(channel, message);
      return;
    }
    this.#held.push(message);
    this.#look ??= setTimeout(() => void this.#giveBack(channel), LOOK_MS);
  }

  async #takeBack(channel: ConfirmChannel, message: ConsumeMessage): Promise<void> {
    this.#looks = 0;
    const before = Times.parse(message.properties.headers?.[TAKEN_BACK]);
    for (let pauses = before; ; pauses += 1) {
      try {
        if (pauses > 0) await sleep(withJitter(backoffMs(SEND_PAUSE, pauses)));
        const live = this.#live;
        if (live?.channel !== channel) return;
        await sendToInbox(live.confirms, message, { [TAKEN_BACK]: before + 1 });
        channel.ack(message);
        this.options.onTakenBack();
        return;
      } catch (error) {
        // A channel that is gone has given the message back.
        if (this.#live?.channel !== channel) return;
        this.options.logger.warn(
          { err: error },
          `${INBOX} did not take an expired message back: trying again`,
        );
      }
    }
  }

  /** For a person to see; in the order in which they came. */
  async #giveBack(channel: ConfirmChannel): Promise<void> {
    const { options } = this;
    try {
      if (this.#consumerTag !== undefined) await channel.cancel(this.#consumerTag);
      const held = this.#held;
      this.#forget();
      for (const message of held) channel.nack(message, false, true);
      this.#leftAlone = held.length;
      this.#nextLookMs = options.now() + backoffMs(LOOK_PAUSE, this.#looks);
      this.#looks += 1;
    } catch (error) {
      options.logger.debug(
        { err: error },
        'the rejected messages could not be given back: their channel is gone',
      );
    }
  }

  async #poll(): Promise<void> {
    const { current } = this.#channel;
    if (current === undefined || this.#consumerTag !== undefined || this.#polling) return;
    this.#polling = true;
    try {
      const { messageCount } = await current.checkQueue(REJECTED);
      this.#leftAlone = Math.min(this.#leftAlone, messageCount);
      if (messageCount === 0) this.#looks = 0;
      const isDue = messageCount > this.#leftAlone && this.options.now() >= this.#nextLookMs;
      if (messageCount === 0 || isDue) await this.#consume(current);
    } catch (error) {
      this.options.logger.debug({ err: error }, 'the rejected messages could not be looked at');
    } finally {
      this.#polling = false;
    }
  }
}
