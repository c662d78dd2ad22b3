import type { PushService } from './push-service.ts';

/** Waits as short as the settings allow, and 1.5 s for what comes with an event. */
export const SHORT_WAITS = { afterS: 1, gatherMs: 1_500 };

/** What push and delivery need, with push services of this machine. */
export function pushEnvWith(
  keys: { readonly publicKey: string; readonly privateKey: string },
  services: readonly PushService[],
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    PUSH: 'on',
    PUSH_AFTER_SECONDS: String(SHORT_WAITS.afterS),
    PUSH_GATHER_MS: String(SHORT_WAITS.gatherMs),
    PUSH_ALLOWED_HOSTS: services.map(({ port }) => `127.0.0.1:${port}`).join(),
    PUSH_VAPID_PUBLIC_KEY: keys.publicKey,
    PUSH_VAPID_PRIVATE_KEY: keys.privateKey,
    PUSH_SUBJECT: 'mailto:it@example.org',
    PUSH_CLICK_URL: 'https://app.example.org/appointments/{id}',
    ...extra,
  };
}
