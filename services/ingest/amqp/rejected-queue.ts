import type { ConfirmChannel, GetMessage } from 'amqplib';
import { INBOX, REJECTED, REJECTED_REASON } from '../../../shared/contract/topology.ts';

/** One message of `appointments.rejected`, numbered from 1 in the order of the queue. */
export interface Rejected {
  readonly number: number;
  readonly reason: string;
  /** RFC 3339; absent where the broker itself set it aside. */
  readonly at: string | undefined;
  readonly messageId: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Headers that tell of the rejection and must not go along when the message gets another try. */
const OF_THE_REJECTION = /^x-(rejected-|death$|first-death-|last-death-|delivery-count$|opt-deliver)/;
const REDRIVEN = 'x-redriven';

/**
 * The queue of what could not be accepted, as a person works on it. Messages are taken without acknowledging
 * them, so that everything not decided on is back in the queue when the channel closes.
 */
export class RejectedQueue {
  #messages: readonly GetMessage[] = [];

  constructor(private readonly channel: ConfirmChannel) {}

  /** Takes up to `most` messages; another `read` begins anew. */
  async read(most: number): Promise<readonly Rejected[]> {
    const messages: GetMessage[] = [];
    while (messages.length < most) {
      const message = await this.channel.get(REJECTED);
      if (message === false) break;
      messages.push(message);
    }
    this.#messages = messages;
    return messages.map((message, index) => describe(message, index + 1));
  }

  /** Sends a message to the inbox once more, as it was, and removes it here once the broker has it. */
  async publish(number: number): Promise<void> {
    const message = this.#message(number);
    const { headers, ...properties } = message.properties;
    // Without its queue the broker would drop what we send, and confirm it.
    await this.channel.checkQueue(INBOX);
    await confirmed(this.channel, message.content, {
      ...properties,
      headers: { ...cleaned(headers ?? {}), [REDRIVEN]: Number(headers?.[REDRIVEN] ?? 0) + 1 },
    });
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

function describe({ properties, content }: GetMessage, number: number): Rejected {
  const headers: Record<string, unknown> = { ...properties.headers };
  const reason = headers[REJECTED_REASON];
  const at = headers['x-rejected-at'];
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

function cleaned(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_REJECTION.test(name)));
}

function confirmed(channel: ConfirmChannel, body: Buffer, properties: object): Promise<void> {
  const options = { ...properties, persistent: true, mandatory: true };
  return new Promise((resolve, reject) => {
    channel.publish('', INBOX, body, options, (error: unknown) => {
      if (error === null) resolve();
      else reject(new Error('the broker did not take the message', { cause: error }));
    });
  });
}
