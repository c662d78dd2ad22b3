import { z } from 'zod';
import { personalKinds } from '../contract/rooms.ts';

/**
 * What an operator asks of push, among the events that wait for it: whichever instance has its turn answers to the queue that
 * the message names.
 */
export const PUSH_TEST_TYPE = 'push-test';

/** Whose devices are sent a notification. */
export const PushTest = z.object({ role: z.enum(personalKinds), user_id: z.int().positive() });
export type PushTest = z.infer<typeof PushTest>;

/** Nothing by which somebody could push to it, or take it from its user. */
export const TestedDevice = z.object({
  kind: z.string(),
  host: z.string().meta({ description: 'of the push service; empty where its kind is not set up' }),
  seen_at: z.string().meta({ description: 'RFC 3339: when its app registered it last' }),
  outcome: z.enum(['accepted', 'gone', 'refused', 'later']).meta({
    description:
      'what the push service said: it took it, knows the device no more, would refuse it again, or may take it later',
  }),
  reason: z.string().optional(),
});
export type TestedDevice = z.infer<typeof TestedDevice>;

/** What came of it. */
export const PushTested = z.object({
  instance: z.string(),
  devices: z.array(TestedDevice).meta({ description: 'none: nobody is woken on any' }),
});
export type PushTested = z.infer<typeof PushTested>;
