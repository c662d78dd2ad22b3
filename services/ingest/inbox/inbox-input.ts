import type { ConsumeMessage } from 'amqplib';
import type { Input, Wrapping } from '../accept/read-input.ts';

/** The AMQP binding of CloudEvents names both, because some clients cannot put a colon into a header name. */
const ATTRIBUTE_PREFIX = /^cloudEvents[:_]/;

/**
 * One message of the inbox as input. Nobody waits for an answer here, so whatever is not labelled as a
 * CloudEvent is read as JSON: many AMQP clients label JSON as text, as bytes or not at all.
 */
export function inputOf(message: ConsumeMessage): Input {
  const messageId: unknown = message.properties.messageId;
  return {
    entrance: 'inbox',
    wrapping: wrappingOf(message),
    body: message.content,
    fallbackId: typeof messageId === 'string' && messageId !== '' ? messageId : undefined,
  };
}

function wrappingOf({ properties }: ConsumeMessage): Wrapping {
  const contentType: unknown = properties.contentType;
  const [type = ''] = typeof contentType === 'string' ? contentType.toLowerCase().split(';') : [];
  if (type.trim() === 'application/cloudevents+json') return { kind: 'cloud-event' };
  if (type.trim() === 'application/cloudevents-batch+json') return { kind: 'cloud-events' };
  const attributes = attributesIn(properties.headers ?? {});
  return 'specversion' in attributes ? { kind: 'binary-cloud-event', attributes } : { kind: 'plain' };
}

function attributesIn(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => ATTRIBUTE_PREFIX.test(name) && typeof value === 'string')
      .map(([name, value]) => [name.replace(ATTRIBUTE_PREFIX, ''), String(value)]),
  );
}
