import { z } from 'zod';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { DeviceOf } from '../../../shared/devices/device.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { HttpsAnswer, HttpsClient } from '../http/https-client.ts';
import { NoAccessError, type FcmAccess } from './fcm-access.ts';
import { outcomeOfError, outcomeOfStatus } from './http-outcome.ts';
import { ttlSeconds, type Notification, type Recipient, type Sender, type SendOutcome } from './sender.ts';

export interface FcmOptions {
  readonly http: Pick<HttpsClient, 'post' | 'close'>;
  readonly access: Pick<FcmAccess, 'token' | 'forget'>;
  /** Of the API, without a slash at its end. */
  readonly origin: string;
  readonly projectId: string;
  /** `notification`: the phone shows it without the app; `data`: the app is given it and shows it itself. */
  readonly message: 'notification' | 'data';
  readonly wall: WallClock;
}

/** FCM's part of an error in Google's form, and what is wrong with the request where that is ours. */
const Failure = z.object({
  error: z.object({
    details: z
      .array(
        z.object({
          '@type': z.string(),
          errorCode: z.string().optional(),
          fieldViolations: z.array(z.object({ field: z.string().optional() })).optional(),
        }),
      )
      .default([]),
  }),
});

/** Phones with Google's services, by the API HTTP v1. An answer 200 says that FCM took it, not that the phone has it. */
export class Fcm implements Sender<DeviceOf<'fcm'>> {
  constructor(private readonly options: FcmOptions) {}

  hostOf(): string {
    return new URL(this.options.origin).host;
  }

  async send({ device }: Recipient<DeviceOf<'fcm'>>, notification: Notification): Promise<SendOutcome> {
    const { http, access, origin, projectId, wall } = this.options;
    const nowMs = unixMs(wall());
    try {
      const token = await access.token(nowMs);
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const body = Buffer.from(
        JSON.stringify({ message: this.#messageTo(device.token, notification, nowMs) }),
      );
      const answer = await http.post(`${origin}/v1/projects/${projectId}/messages:send`, headers, body);
      const outcome = outcomeOf(answer, nowMs);
      if (outcome.outcome === 'later' && answer.status === 401) access.forget(token);
      return outcome;
    } catch (error) {
      if (!(error instanceof NoAccessError)) return outcomeOfError(error);
      const { outcome } = outcomeOfStatus(error.status, {}, nowMs);
      return { outcome: outcome === 'refused' ? 'refused' : 'later', reason: 'no_access_token' };
    }
  }

  close(): Promise<void> {
    this.options.http.close();
    return Promise.resolve();
  }

  /** No `collapse_key`: a phone keeps only four of them, and what is shown goes by its tag. */
  #messageTo(token: string, notification: Notification, nowMs: number): object {
    const { title, body, language, url, topic, urgency, expiresAtMs } = notification;
    const isShown = this.options.message === 'notification';
    const all = { ...notification.data, url, tag: topic, language };
    return {
      token,
      data: isShown ? all : { ...all, title, body },
      ...(isShown && { notification: { title, body } }),
      android: {
        ttl: `${ttlSeconds(notification, nowMs)}s`,
        priority: urgency === 'high' ? 'HIGH' : 'NORMAL',
        ...(isShown && { notification: { tag: topic } }),
      },
      apns: {
        headers: { 'apns-collapse-id': topic, 'apns-expiration': String(Math.floor(expiresAtMs / 1_000)) },
      },
    };
  }
}

function outcomeOf({ status, headers, body }: HttpsAnswer, nowMs: number): SendOutcome {
  const { code, blamesToken, blamesRequest } = failureIn(body);
  if (code === 'UNREGISTERED' && status === 404) return { outcome: 'gone', reason: 'unregistered' };
  if (code === 'SENDER_ID_MISMATCH') return { outcome: 'gone', reason: 'sender_id_mismatch' };
  // Of a request that is wrong elsewhere a device must not be forgotten: it would be every device.
  if (code === 'INVALID_ARGUMENT' && (blamesToken || !blamesRequest))
    return { outcome: 'gone', reason: 'invalid_token' };
  if (code === 'THIRD_PARTY_AUTH_ERROR') return { outcome: 'refused', reason: 'third_party_auth_error' };
  if (status === 401) return { outcome: 'later', reason: 'access_token_refused' };
  return outcomeOfStatus(status, headers, nowMs);
}

function failureIn(body: Buffer) {
  const details = detailsIn(body);
  const violations = details.flatMap(({ fieldViolations = [] }) => fieldViolations);
  return {
    code: details.find(({ '@type': type }) => type.endsWith('FcmError'))?.errorCode,
    blamesRequest: details.some(({ '@type': type }) => type.endsWith('BadRequest')),
    blamesToken: violations.some(({ field }) => field === 'message.token'),
  };
}

function detailsIn(body: Buffer): z.infer<typeof Failure>['error']['details'] {
  try {
    return Failure.safeParse(JSON.parse(body.toString())).data?.error.details ?? [];
  } catch {
    return [];
  }
}
