import { createECDH } from 'node:crypto';
import { z } from 'zod';
import {
  commonVariables,
  integer,
  port,
  readVariables,
  Secret,
  sound,
  type Config,
} from '../../shared/config/env.ts';
import { pushNeedsReceipts, pushVariables } from '../../shared/config/push-settings.ts';
import { between, drainsInTime } from '../../shared/config/setting-rules.ts';
import { ServiceAccount } from './senders/fcm-access.ts';

const VapidPrivateKey = z
  .string()
  .regex(/^[\w-]{43}$/, 'expected the private key that `roomcast push keys` prints: 43 characters')
  .transform((key) => new Secret(key));

const HOW_ACCOUNT =
  'expected the JSON file of a service account, as the Firebase console gives it out: name it in PUSH_FCM_ACCOUNT_FILE';

const FcmAccount = z.string().transform((text, context) => {
  const account = ServiceAccount.safeParse(jsonOf(text)).data;
  if (account !== undefined) return new Secret(account);
  context.addIssue({ code: 'custom', message: HOW_ACCOUNT });
  return z.NEVER;
});

const ApnsKey = z
  .string()
  .includes('PRIVATE KEY', {
    error: 'expected the .p8 file that Apple gives out: name it in PUSH_APNS_KEY_FILE',
  })
  .transform((key) => new Secret(key));

const ClickUrl = sound((text) =>
  URL.canParse(text.replaceAll('{id}', '1'))
    ? undefined
    : 'expected a URL, such as https://app.example.org/appointments/{id}',
);

const Subject = sound((text) =>
  /^(mailto:\S+@\S+|https:\/\/\S+)$/.test(text)
    ? undefined
    : 'expected whom a push service writes to when something is wrong: mailto:it@example.org, or an https URL',
);

const WITH_VAPID = 'PUSH_VAPID_PRIVATE_KEY, PUSH_VAPID_PUBLIC_KEY and PUSH_SUBJECT go together';
const WITH_APNS = 'PUSH_APNS_KEY, PUSH_APNS_KEY_ID, PUSH_APNS_TEAM_ID and PUSH_APNS_TOPIC go together';

export const PushVariables = z
  .object({
    ...commonVariables,
    ...pushVariables,
    HEALTH_PORT: port(8085),
    /** How long an event waits for somebody to read it. Counts when the queue is made. */
    PUSH_AFTER_SECONDS: integer({ min: 1, max: 3_600, default: 20 }),
    /** What comes for a person within this time goes in one notification; receipts come within a second. */
    PUSH_GATHER_MS: integer({ min: 1_500, max: 60_000, default: 2_000 }),
    /** What a tap opens; `{id}` is the appointment's. */
    PUSH_CLICK_URL: ClickUrl,
    /** Whether names of people stand in notifications. */
    PUSH_DETAILS: z.enum(['on', 'off'], 'expected on or off').default('off'),
    PUSH_VAPID_PRIVATE_KEY: VapidPrivateKey.optional(),
    PUSH_SUBJECT: Subject.optional(),
    PUSH_FCM_ACCOUNT: FcmAccount.optional(),
    /** notification: the phone shows it without the app; data: the app is given it. */
    PUSH_FCM_MESSAGE: z
      .enum(['notification', 'data'], 'expected notification or data')
      .default('notification'),
    PUSH_APNS_KEY: ApnsKey.optional(),
    PUSH_APNS_KEY_ID: z.string().optional(),
    PUSH_APNS_TEAM_ID: z.string().optional(),
    /** The bundle id of the app. */
    PUSH_APNS_TOPIC: z.string().optional(),
    PUSH_APNS_SERVER: z
      .enum(['production', 'sandbox'], 'expected production or sandbox')
      .default('production'),
    /** Requests to one host at a time, and notifications that wait for it, those between two tries among them. */
    PUSH_MAX_RUNNING: integer({ min: 1, max: 1_000, default: 10 }),
    PUSH_MAX_WAITING: integer({ min: 1, max: 10_000, default: 200 }),
    PUSH_MAX_TRIES: integer({ min: 1, max: 100, default: 8 }),
    PUSH_GIVE_UP_SECONDS: integer({ min: 1, max: 86_400, default: 1_800 }),
    PUSH_REQUEST_TIMEOUT_MS: integer({ min: 100, max: 60_000, default: 10_000 }),
    /** Events that are decided on or pushed at a time. */
    PUSH_PREFETCH: integer({ min: 1, max: 10_000, default: 1_000 }),
    /** Facts of each kind about the events of the last day, a person and an event each; about 200 bytes. */
    PUSH_MAX_KNOWN: integer({ min: 1_000, max: 10_000_000, default: 200_000 }),
    /** Messages waiting in appointments.push, above which health is degraded. */
    HEALTH_MAX_PUSH_QUEUE: integer({ min: 0, max: 1_000_000_000, default: 1_000 }),
  })
  .refine(
    ({ PUSH }) => PUSH === 'on',
    between(['PUSH'], 'must be on where push runs, and for delivery too, which takes the devices'),
  )
  .refine(...pushNeedsReceipts)
  .refine(
    (env) => allOrNone(env.PUSH_VAPID_PRIVATE_KEY, env.PUSH_VAPID_PUBLIC_KEY, env.PUSH_SUBJECT),
    between(['PUSH_VAPID_PRIVATE_KEY', 'PUSH_VAPID_PUBLIC_KEY', 'PUSH_SUBJECT'], WITH_VAPID),
  )
  .refine(
    ({ PUSH_VAPID_PRIVATE_KEY: secret, PUSH_VAPID_PUBLIC_KEY: shown }) =>
      secret === undefined || shown === undefined || publicKeyOf(secret.reveal()) === shown,
    between(
      ['PUSH_VAPID_PUBLIC_KEY', 'PUSH_VAPID_PRIVATE_KEY'],
      'is not the other half of PUSH_VAPID_PRIVATE_KEY: take both from one `roomcast push keys`',
    ),
  )
  .refine(
    (env) => allOrNone(env.PUSH_APNS_KEY, env.PUSH_APNS_KEY_ID, env.PUSH_APNS_TEAM_ID, env.PUSH_APNS_TOPIC),
    between(['PUSH_APNS_KEY', 'PUSH_APNS_KEY_ID', 'PUSH_APNS_TEAM_ID', 'PUSH_APNS_TOPIC'], WITH_APNS),
  )
  .refine(...drainsInTime);

export type PushConfig = Config<typeof PushVariables>;

/** Throws a ConfigError that lists everything that is wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): PushConfig {
  return readVariables(PushVariables, env);
}

function allOrNone(...values: readonly unknown[]): boolean {
  return new Set(values.map((value) => value === undefined)).size === 1;
}

/** `undefined` for what is no key. */
function publicKeyOf(privateKey: string): string | undefined {
  try {
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(Buffer.from(privateKey, 'base64url'));
    return pair.getPublicKey().toString('base64url');
  } catch {
    return undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
