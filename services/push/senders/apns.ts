import jwt from 'jsonwebtoken';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { DeviceOf } from '../../../shared/devices/device.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { Http2Session } from '../http/http2-session.ts';
import type { HttpsAnswer } from '../http/https-client.ts';
import { outcomeOfError, outcomeOfStatus } from './http-outcome.ts';
import { ttlSeconds, type Notification, type Recipient, type Sender, type SendOutcome } from './sender.ts';

/** Apple takes no token older than an hour, and none that is renewed more often than every 20 minutes. */
const RENEW_AFTER_MS = 40 * 60_000;
/** How long to stay away once that was too often. */
const TOO_MANY_UPDATES_MS = 20 * 60_000;
const MAX_PAYLOAD_BYTES = 4_096;

interface ApnsKey {
  /** In PEM, as in the `.p8` file. */
  readonly privateKey: string;
  readonly keyId: string;
  readonly teamId: string;
}

export interface ApnsOptions {
  readonly session: Pick<Http2Session, 'post' | 'close'>;
  readonly origin: string;
  readonly key: ApnsKey;
  /** The bundle id of the app. */
  readonly topic: string;
  readonly wall: WallClock;
}

const Failure = z.object({
  reason: z.string(),
  /** Of `Unregistered`: since when the token is known to be of no use, in milliseconds. */
  timestamp: z.number().optional(),
});

const gone: Readonly<Record<string, string>> = {
  BadDeviceToken: 'bad_device_token',
  DeviceTokenNotForTopic: 'device_token_not_for_topic',
  Unregistered: 'unregistered',
  ExpiredToken: 'expired_token',
};

/** iPhones, iPads and Macs. An answer 200 says that Apple took it; for a phone that is off it keeps the newest alone. */
export class Apns implements Sender<DeviceOf<'apns'>> {
  readonly #key: KeyObject;
  #token: { readonly value: string; readonly renewAtMs: number } | undefined;

  constructor(private readonly options: ApnsOptions) {
    this.#key = createPrivateKey(options.key.privateKey);
  }

  hostOf(): string {
    return new URL(this.options.origin).host;
  }

  async send(
    { device, seenAtMs }: Recipient<DeviceOf<'apns'>>,
    notification: Notification,
  ): Promise<SendOutcome> {
    const { session, topic, wall } = this.options;
    const body = payloadOf(notification);
    if (body.byteLength > MAX_PAYLOAD_BYTES) return { outcome: 'refused', reason: 'too_large' };
    const nowMs = unixMs(wall());
    const headers = {
      authorization: `bearer ${this.#tokenAt(nowMs)}`,
      'apns-topic': topic,
      'apns-push-type': 'alert',
      'apns-priority': notification.urgency === 'high' ? '10' : '5',
      'apns-expiration': String(Math.floor(nowMs / 1_000) + ttlSeconds(notification, nowMs)),
      'apns-collapse-id': notification.topic,
    };
    try {
      const answer = await session.post(`/3/device/${device.token}`, headers, body);
      return this.#outcomeOf(answer, seenAtMs, nowMs);
    } catch (error) {
      return outcomeOfError(error);
    }
  }

  close(): Promise<void> {
    return this.options.session.close();
  }

  #tokenAt(nowMs: number): string {
    if (this.#token === undefined || nowMs >= this.#token.renewAtMs) {
      const { keyId: keyid, teamId: issuer } = this.options.key;
      const claims = { iat: Math.floor(nowMs / 1_000) };
      const value = jwt.sign(claims, this.#key, { algorithm: 'ES256', keyid, issuer });
      this.#token = { value, renewAtMs: nowMs + RENEW_AFTER_MS };
    }
    return this.#token.value;
  }

  #outcomeOf({ status, headers, body }: HttpsAnswer, seenAtMs: number, nowMs: number): SendOutcome {
    const { reason = '', timestamp = Infinity } = failureIn(body);
    const why = Object.hasOwn(gone, reason) ? gone[reason] : undefined;
    // The app may have been installed anew since, with the same token.
    if (why !== undefined && timestamp <= seenAtMs) return { outcome: 'later', reason: `${why}_before` };
    if (why !== undefined) return { outcome: 'gone', reason: why };
    if (reason === 'ExpiredProviderToken') {
      this.#token = undefined;
      return { outcome: 'later', reason: 'expired_provider_token' };
    }
    if (reason === 'TooManyProviderTokenUpdates')
      return { outcome: 'later', reason: 'too_many_token_updates', retryAfterMs: TOO_MANY_UPDATES_MS };
    return outcomeOfStatus(status, headers, nowMs);
  }
}

function payloadOf({ title, body, url, topic, data }: Notification): Buffer {
  const aps = { alert: { title, body }, sound: 'default', 'thread-id': topic };
  return Buffer.from(JSON.stringify({ ...data, url, aps }));
}

function failureIn(body: Buffer): Partial<z.infer<typeof Failure>> {
  try {
    return Failure.safeParse(JSON.parse(body.toString())).data ?? {};
  } catch {
    return {};
  }
}
