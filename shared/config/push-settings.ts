import { z } from 'zod';
import { isHostRule } from '../devices/host-rules.ts';
import { list } from './env.ts';
import { between } from './setting-rules.ts';

const HOW_HOSTS =
  'expected hosts separated by commas: ntfy.example.org (with its port unless that is 443, and also at home), *.example.org for those below it, or * for any that is public';

/** Of the browsers. */
const BROWSERS = [
  '*.googleapis.com',
  '*.push.services.mozilla.com',
  '*.push.apple.com',
  '*.notify.windows.com',
] as const;

/** What delivery and push have to agree on. */
export const pushVariables = {
  /** Whether phones that are asleep are woken, and so whether they can be registered. */
  PUSH: z.enum(['on', 'off'], 'expected on or off').default('off'),
  /** Whom a phone may name as its push service. */
  PUSH_ALLOWED_HOSTS: list(HOW_HOSTS)
    .refine((rules) => rules.every(isHostRule), HOW_HOSTS)
    .default([...BROWSERS]),
  /** For Web Push and UnifiedPush: browsers subscribe with it, and `roomcast push keys` makes it. */
  PUSH_VAPID_PUBLIC_KEY: z
    .string()
    .regex(/^B[\w-]{86}$/, 'expected the public key that `roomcast push keys` prints: 87 characters')
    .optional(),
};

/** Nobody could tell who has read an event. */
export const pushNeedsReceipts = [
  (env: { readonly PUSH: 'on' | 'off'; readonly RECEIPTS: 'on' | 'off' }) =>
    env.PUSH === 'off' || env.RECEIPTS === 'on',
  between(['PUSH', 'RECEIPTS'], 'needs RECEIPTS=on: only who has not read an event is woken'),
] as const;
