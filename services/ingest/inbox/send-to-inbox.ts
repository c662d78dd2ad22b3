import type { GetMessage, Options } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { CONFIRM_KEY_HEADER, type Confirms, type OutgoingMessage } from '../../../shared/broker/confirms.ts';
import { INBOX } from '../../../shared/contract/topology.ts';
import { traceHeaders } from '../../../shared/service/tracing.ts';

/** A backend's message on its way into the inbox; its id becomes that of its event. */
export function inboxMessage(
  body: Buffer,
  id: string,
  headers: Readonly<Record<string, number>>,
): OutgoingMessage {
  return {
    exchange: '',
    routingKey: INBOX,
    body,
    key: id,
    properties: {
      messageId: id,
      contentType: 'application/json',
      headers: { ...headers, [CONFIRM_KEY_HEADER]: id, ...traceHeaders() },
    },
  };
}

/**
 * Headers that tell of the rejection and must not go along when the message gets another try, and `CC`, with which the broker
 * would send copies to the queues that it names.
 */
const LEFT_OUT = /^(x-(rejected-|death$|first-death-|last-death-|delivery-count$|opt-deliver)|CC$)/;

/** A message that was set aside, as it was; resolves once the broker has it. */
export function sendToInbox(
  confirms: Confirms,
  { content, properties }: Pick<GetMessage, 'content' | 'properties'>,
  headers: Readonly<Record<string, unknown>>,
): Promise<void> {
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !LEFT_OUT.test(name));
  const key = randomUUID();
  const options: Options.Publish = {
    ...properties,
    headers: { ...Object.fromEntries(kept), ...headers, [CONFIRM_KEY_HEADER]: key },
  };
  // The broker compares it with our own.
  delete options.userId;
  return confirms.publish({ exchange: '', routingKey: INBOX, body: content, key, properties: options });
}
