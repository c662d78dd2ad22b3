import { z } from 'zod';
import type { Problem } from '../../../../shared/contract/errors.ts';
import { unixMs } from '../../../../shared/core/wall-time.ts';
import { parseJson } from '../../accept/json.ts';
import { fingerprintOf, type Contents } from '../../accept/contents.ts';
import { invalidEvent, refusal, renamed, type Refusal } from '../../accept/problems.ts';
import type { Repeats } from '../../accept/repeats.ts';
import { EventId } from '../../accept/schemas.ts';
import type { InboxMessage, Now } from '../backend.ts';
import { readBroadcast } from './broadcast.ts';
import type { Arrival } from './change-decider.ts';
import {
  looksLikeWebhook,
  readWebhook,
  type Broadcast,
  type Webhook,
  type WebhookOptions,
} from './webhook.ts';

/** Says that the HTTP entrance put it there, and when it came; Unix milliseconds. */
export const RECEIVED_HEADER = 'x-webhook-received';
/** The same of a call of /broadcast. */
export const BROADCAST_HEADER = 'x-broadcast-received';
const Received = z.int().positive().optional().catch(undefined);
const MARK_OF_A_WEBHOOK = '"payload"';

/** `undefined` for what is no webhook; a backend may publish the body of one to the inbox itself. */
export function webhookIn(
  message: InboxMessage,
  { time, nowMs }: Now,
  { ids, ...options }: WebhookOptions & { readonly ids: Repeats<void> },
): Arrival<Webhook | Broadcast> | Refusal | undefined {
  const broadcastMs = Received.parse(message.headers[BROADCAST_HEADER]);
  if (broadcastMs !== undefined) return waitingBroadcast(message, broadcastMs);
  if (!message.body.includes(MARK_OF_A_WEBHOOK)) return undefined;
  const json = parseJson(message.body, { inexact: 'mend' });
  if ('problems' in json || !looksLikeWebhook(json.value)) return undefined;
  const read = readWebhook(json.value, options);
  if ('problems' in read) return invalidEvent(read.problems);
  const received = Received.parse(message.headers[RECEIVED_HEADER]);
  const id = idOf(message);
  if (id !== undefined && received === undefined) {
    const problems = clashOf(read.value, id, nowMs, ids);
    if (problems.length > 0) return refusal('id_reused', problems);
  }
  return {
    webhook: read.value,
    entrance: received === undefined ? 'inbox' : 'webhook',
    id,
    receivedMs: received ?? unixMs(time),
  };
}

/**
 * How a webhook differs from another one under the same message id: its events would be taken for repeats. They themselves cannot
 * be compared, because a message that comes again may be decided on otherwise than the first time.
 */
function clashOf(webhook: Webhook, id: string, nowMs: number, ids: Repeats<void>): readonly Problem[] {
  if (!('row' in webhook)) return [];
  const contents: Contents = {
    name: `${webhook.kind}_${webhook.verb}`,
    data: { ...webhook.row },
    timestamp: undefined,
    rooms: 'rule',
  };
  const problems = ids.clash(id, nowMs, contents);
  ids.once(id, nowMs, () => Promise.resolve(), fingerprintOf(contents));
  return renamed(problems, { '/event': '/action', '/data': '/payload' });
}

/** `undefined` for one that this version does not understand: it is an event all the same. */
function waitingBroadcast(message: InboxMessage, receivedMs: number): Arrival<Broadcast> | undefined {
  const json = parseJson(message.body, { inexact: 'mend' });
  const id = idOf(message);
  const webhook = 'problems' in json ? undefined : readBroadcast(json.value, id);
  return webhook === undefined ? undefined : { webhook, entrance: 'broadcast', id, receivedMs };
}

function idOf({ messageId }: InboxMessage): string | undefined {
  const id = EventId.safeParse(messageId);
  return id.success ? String(id.data) : undefined;
}
