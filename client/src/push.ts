import { registerIn, type PushDevice, type PushOptions } from './push-registration.ts';
import type { PushServerOptions } from './push-server.ts';
import type { Surroundings } from './push-surroundings.ts';

export type { PushDevice, PushOptions } from './push-registration.ts';
export type { PushServerOptions } from './push-server.ts';
export type { PushSubscriptionLike, ServiceWorkerRegistrationLike } from './push-surroundings.ts';

/**
 * Lets the server wake this browser while the app is closed. Takes the options of the client. Call it at each start once
 * somebody is signed in, and the first time when somebody has tapped: it asks for the permission.
 *
 * Fails with a `RoomcastError` of code `push_unsupported`, `push_denied`, `unauthorized`, `token_failed`, `push_off` or
 * `push_failed`.
 */
export function registerPush(server: PushServerOptions, options: PushOptions): Promise<PushDevice> {
  return registerIn(globalThis as unknown as Surroundings, server, options);
}
