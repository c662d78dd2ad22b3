import { z } from 'zod';
import { entrances, verbs } from './outcome.ts';
import { waysTold } from './receipt.ts';
import { roles } from './rooms.ts';

/** What an operator is told of one event: what came in, whom it concerned, and how far it got with each of them. */

const Time = z.string().meta({ description: 'RFC 3339' });

/** Why somebody has not been told, or has not confirmed. */
const reasons = [
  'revoked',
  'no_session',
  'other_role',
  'connected_later',
  'no_receipt',
  'connection_gone',
  'unconfirmed',
] as const;

/** Beside how far it got, since readers of before know no further stage. */
const TracedPush = z.object({
  stage: z.enum(['pushed', 'failed']).meta({ description: 'a push service took it; nobody was woken' }),
  at: Time,
  how: z.string().meta({ description: 'by which kind of push service, or why nobody was woken' }),
});

export const TracedPerson = z.object({
  role: z.enum(roles),
  user_id: z.int(),
  stage: z.enum(['none', 'written', 'delivered', 'seen']),
  at: Time.optional(),
  how: z.enum(waysTold).optional(),
  connection_id: z.int().optional(),
  instance: z.string().optional(),
  reason: z.enum(reasons).optional().meta({
    description:
      'revoked: their tokens are not taken; no_session: they are not connected; other_role: they are, as somebody else; connected_later: they came after it, and not with a cursor from before; no_receipt: they were connected, and it is not known; connection_gone: before it had confirmed; unconfirmed: it has not yet',
  }),
  since: Time.optional().meta({
    description: 'of the reason: when the last session ended, the other one began, the tokens were revoked',
  }),
  as: z.enum(roles).optional().meta({ description: 'the other role' }),
  push: TracedPush.optional(),
});
export type TracedPerson = z.infer<typeof TracedPerson>;

export const EventRow = z.object({
  id: z.string(),
  event: z.string(),
  cursor: z.string(),
  timestamp: z.string().optional().meta({ description: 'as the backend gave it' }),
  appointment_id: z.int().optional(),
  rooms: z.array(z.string()),
});
export type EventRow = z.infer<typeof EventRow>;

const Arrived = z.object({ entrance: z.enum(entrances), at: Time });

export const Trace = EventRow.partial().extend({
  id: z.string(),
  outcome: z.enum(['accepted', 'rejected', 'told', 'unchanged', 'stale']).meta({
    description:
      'accepted: the history has it; rejected: it is among the rejected; told, unchanged, stale: it is the message of a webhook, which was told under other ids, showed nothing new, or was older than what is known',
  }),
  entrance: z.enum(entrances).optional(),
  change: z.enum(verbs).optional().meta({ description: 'of the appointment, by a webhook' }),
  decided_at: Time.optional().meta({ description: 'when that was decided, of a webhook' }),
  confirmed_at: Time.optional(),
  rejected: z.object({ number: z.int(), reason: z.string(), at: Time.optional() }).optional(),
  repeats: z.array(Arrived).meta({ description: 'it came again, and was not published once more' }),
  parts: z.array(EventRow).meta({ description: 'other events of the same message' }),
  passed_over: z
    .array(Arrived.extend({ id: z.string(), change: z.enum(verbs) }))
    .meta({ description: 'stale webhooks of the same appointment since' }),
  people: z.array(TracedPerson),
  missing: z.array(z.string()).meta({ description: 'delivery instances that did not answer' }),
  complete: z.boolean().meta({
    description: 'false: more has happened since than can be read in 10 s; somebody may have been told later',
  }),
});
export type Trace = z.infer<typeof Trace>;
