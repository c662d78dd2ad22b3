import type { ConsumeMessage, Options } from 'amqplib';
import { REJECTED, REJECTED_REASON } from '../../../shared/contract/topology.ts';
import type { Refusal } from '../accept/problems.ts';
import { withoutSecretKeys } from '../accept/secret-keys.ts';
import { CONFIRM_KEY_HEADER, type OutgoingMessage } from '../../../shared/broker/confirms.ts';

const REJECTED_CODE = 'x-rejected-code';
export const REJECTED_AT = 'x-rejected-at';
const MAX_REASON_CHARACTERS = 2_000;

/** amqplib encodes headers into 64 KiB, where they may take twice the room they take as JSON; above, they stay out. */
const MAX_HEADERS_BYTES = 24 * 1024;

/** Not `userId`, which the broker compares with our own, nor `expiration`, which would end it before its time. */
const KEPT_PROPERTIES = [
  'contentType',
  'contentEncoding',
  'messageId',
  'type',
  'correlationId',
  'replyTo',
  'appId',
  'timestamp',
  'priority',
] as const;

/** The original message with a body without its secrets, on its way to where a person can look at it and send it again. */
export function rejectedMessage(
  original: ConsumeMessage,
  refusal: Refusal,
  body: Buffer,
  stamp: { readonly key: string; readonly at: string },
): OutgoingMessage {
  const properties: Readonly<Record<string, unknown>> = { ...original.properties };
  const kept = KEPT_PROPERTIES.filter((name) => properties[name] !== undefined);
  return {
    exchange: '',
    routingKey: REJECTED,
    body,
    key: stamp.key,
    properties: {
      ...(Object.fromEntries(kept.map((name) => [name, properties[name]])) as Options.Publish),
      headers: {
        ...headersOf(original),
        [REJECTED_REASON]: reasonOf(refusal),
        [REJECTED_CODE]: refusal.code,
        [REJECTED_AT]: stamp.at,
        [CONFIRM_KEY_HEADER]: stamp.key,
      },
    },
  };
}

/** Code, place and words of each problem, as the HTTP entrance would have answered them. */
export function reasonOf({ code, problems }: Refusal): string {
  const words = problems
    .map(({ path, message }) => (path === '' ? message : `${path} ${message}`))
    .join('; ');
  const reason = `${code}: ${words}`;
  return reason.length <= MAX_REASON_CHARACTERS ? reason : `${reason.slice(0, MAX_REASON_CHARACTERS - 1)}…`;
}

/**
 * Without credentials, which a backend may send as it does over HTTP, and without `CC`: with it the broker would send copies
 * to whatever queues it names, the inbox among them.
 */
function headersOf({ properties }: ConsumeMessage): Record<string, unknown> {
  const headers: Record<string, unknown> = { ...withoutSecretKeys(properties.headers ?? {}) };
  delete headers['CC'];
  return Buffer.byteLength(JSON.stringify(headers)) > MAX_HEADERS_BYTES ? {} : headers;
}
