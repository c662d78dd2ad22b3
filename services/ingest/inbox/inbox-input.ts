import type { ConsumeMessage } from 'amqplib';
import { wrappingOf, type Input } from '../accept/read-input.ts';

/** The AMQP binding of CloudEvents names both, because some clients cannot put a colon into a header name. */
const ATTRIBUTE_PREFIX = /^cloudEvents[:_]/;

/**
 * One message of the inbox as input. Nobody waits for an answer here, so whatever is not labelled as a
 * CloudEvent is read as JSON: many AMQP clients label JSON as text, as bytes or not at all.
 */
export function inputOf({ content, properties }: ConsumeMessage): Input {
  const messageId: unknown = properties.messageId;
  return {
    entrance: 'inbox',
    wrapping: wrappingOf(properties.contentType, properties.headers ?? {}, ATTRIBUTE_PREFIX),
    body: content,
    fallbackId: typeof messageId === 'string' && messageId !== '' ? messageId : undefined,
  };
}
