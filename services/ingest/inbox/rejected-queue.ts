import type { ConfirmChannel, GetMessage } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { REJECTED, REJECTED_REASON } from '../../../shared/contract/topology.ts';
import { Confirms } from '../../../shared/broker/confirms.ts';
import { REJECTED_AT } from './rejected.ts';
import { sendToInbox } from './send-to-inbox.ts';

/** One message of `appointments.rejected`, numbered from 1: those that the broker set aside first, then by time and id. */
export interface Rejected {
  readonly number: number;
  readonly reason: string;
  /** RFC 3339; absent where the broker itself set it aside. */
  readonly at: string | undefined;
  readonly messageId: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const REDRIVEN = 'x-redriven';
/** An ingest that looks for expired messages has given back what it holds by then. */
const SECOND_LOOK_MS = 500;

/**
 * The queue of what could not be accepted, as a person works on it. Messages are taken without acknowledging
 * them, so that everything not decided on is back in the queue when the channel closes.
 */
export class RejectedQueue {
  #messages: readonly GetMessage[] = [];

  readonly #confirms: Confirms;

  constructor(private readonly channel: ConfirmChannel) {
    this.#confirms = new Confirms(channel);
  }

  /** Takes up to `most` messages, or as many as fill `mostBytes`; another `read` begins anew. */
  async read(most: number, mostBytes = Infinity): Promise<readonly Rejected[]> {
    const messages: GetMessage[] = [];
    let isSecondLook = false;
    let bytes = 0;
    while (messages.length < most && bytes < mostBytes) {
      const message = await this.channel.get(REJECTED);
      if (message !== false) {
        messages.push(message);
        bytes += message.content.byteLength;
      } else if (isSecondLook) break;
      else {
        isSecondLook = true;
        await delay(SECOND_LOOK_MS);
      }
    }
    // What another look gave back may stand behind what it did not take: places are those of a list that both make the same.
    this.#messages = messages
      .map((message) => ({ message, key: sortKeyOf(message) }))
      .sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)))
      .map(({ message }) => message);
    return this.#messages.map((message, index) => describe(message, index + 1));
  }

  /** Sends a message to the inbox once more, as it was, and removes it here once the broker has it. */
  async publish(number: number): Promise<void> {
    const message = this.#message(number);
    const times = Number(message.properties.headers?.[REDRIVEN] ?? 0);
    await sendToInbox(this.#confirms, message, { [REDRIVEN]: times + 1 });
    this.channel.ack(message);
  }

  drop(number: number): void {
    this.channel.ack(this.#message(number));
  }

  #message(number: number): GetMessage {
    const message = this.#messages[number - 1];
    if (message === undefined) throw new RangeError(`there is no rejected message ${number}`);
    return message;
  }
}

/** Without decoding the body, which may be a megabyte. */
function sortKeyOf({ properties }: GetMessage): string {
  const at: unknown = properties.headers?.[REJECTED_AT];
  const messageId: unknown = properties.messageId;
  return [at, messageId].map((part) => (typeof part === 'string' ? part : '')).join(' ');
}

function describe({ properties, content }: GetMessage, number: number): Rejected {
  const headers: Record<string, unknown> = { ...properties.headers };
  const reason = headers[REJECTED_REASON];
  const at = headers[REJECTED_AT];
  const messageId: unknown = properties.messageId;
  return {
    number,
    reason: typeof reason === 'string' ? reason : deathOf(headers),
    at: typeof at === 'string' ? at : undefined,
    messageId: typeof messageId === 'string' ? messageId : undefined,
    headers,
    body: content.toString(),
  };
}

/** Set aside by the broker: too many tries without an outcome. */
function deathOf(headers: Readonly<Record<string, unknown>>): string {
  const reason = headers['x-first-death-reason'] ?? headers['x-last-death-reason'];
  const words = typeof reason === 'string' ? reason : 'unknown';
  return `set aside by the broker (${words}): ingest failed on it again and again, its log says how`;
}
