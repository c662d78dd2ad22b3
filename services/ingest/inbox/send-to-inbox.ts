import type { ConfirmChannel, GetMessage, Options } from 'amqplib';
import { INBOX } from '../../../shared/contract/topology.ts';

type Message = Pick<GetMessage, 'content' | 'properties'>;

/**
 * Headers that tell of the rejection and must not go along when the message gets another try, and `CC`, with which the broker
 * would send copies to the queues that it names.
 */
const LEFT_OUT = /^(x-(rejected-|death$|first-death-|last-death-|delivery-count$|opt-deliver)|CC$)/;

/** A message that was set aside, as it was; resolves once the broker has it. */
export function sendToInbox(
  channel: ConfirmChannel,
  { content, properties }: Message,
  headers: Readonly<Record<string, unknown>>,
): Promise<void> {
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !LEFT_OUT.test(name));
  const options: Options.Publish = {
    ...properties,
    headers: { ...Object.fromEntries(kept), ...headers },
    persistent: true,
    mandatory: true,
  };
  // The broker compares it with our own.
  delete options.userId;
  return new Promise((resolve, reject) => {
    channel.publish('', INBOX, content, options, (error: unknown) => {
      if (error === null) resolve();
      else reject(new Error('the broker did not take the message', { cause: error }));
    });
  });
}
