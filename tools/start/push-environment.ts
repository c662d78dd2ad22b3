import { newVapidKeys } from '../../services/push/crypto/vapid.ts';
import { pushVariables } from '../../shared/config/push-settings.ts';
import type { Environment } from '../environment.ts';

/** Long enough for a phone that is open to read an event, short enough to watch. */
const AFTER_SECONDS = '5';
const VAPID = ['PUSH_VAPID_PRIVATE_KEY', 'PUSH_VAPID_PUBLIC_KEY', 'PUSH_SUBJECT'] as const;

/** With PUSH=on, what push needs and nobody has set: it can be tried without more. Keys of one start are good for that start. */
export function withPushDefaults(env: Environment, demoPort: number): Environment {
  if (env['PUSH']?.trim() !== 'on') return env;
  const hasKeys = [...VAPID, 'PUSH_VAPID_PRIVATE_KEY_FILE'].some((name) => env[name] !== undefined);
  const { publicKey, privateKey } = newVapidKeys();
  return {
    PUSH_AFTER_SECONDS: AFTER_SECONDS,
    PUSH_CLICK_URL: `http://127.0.0.1:${demoPort}/?appointment={id}`,
    ...(!hasKeys && {
      PUSH_VAPID_PRIVATE_KEY: privateKey,
      PUSH_VAPID_PUBLIC_KEY: publicKey,
      PUSH_SUBJECT: 'mailto:somebody@example.org',
    }),
    ...env,
  };
}

/** Lets phones name a push service of this machine, and push trust its certificate. */
export function withPushService(
  env: Environment,
  { host, certificates }: { readonly host: string; readonly certificates: string },
): Environment {
  const allowed = pushVariables.PUSH_ALLOWED_HOSTS.parse(env['PUSH_ALLOWED_HOSTS']);
  return {
    ...env,
    PUSH_ALLOWED_HOSTS: [...allowed, host].join(),
    NODE_EXTRA_CA_CERTS: certificates,
  };
}
