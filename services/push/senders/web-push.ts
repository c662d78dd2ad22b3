import { unixMs } from '../../../shared/core/wall-time.ts';
import type { DeviceOf } from '../../../shared/devices/device.ts';
import type { HostRules } from '../../../shared/devices/host-rules.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import { encrypt, MAX_PLAINTEXT_BYTES } from '../crypto/aes128gcm.ts';
import type { Vapid } from '../crypto/vapid.ts';
import type { HttpsAnswer, HttpsClient } from '../http/https-client.ts';
import { outcomeOfError, outcomeOfStatus } from './http-outcome.ts';
import { ttlSeconds, type Notification, type Recipient, type Sender, type SendOutcome } from './sender.ts';

type WebPushDevice = DeviceOf<'webpush' | 'unifiedpush'>;

/** What ntfy answers for a topic of UnifiedPush to which no phone has subscribed of late. */
const NO_SUBSCRIBER = 507;

export interface WebPushOptions {
  readonly http: Pick<HttpsClient, 'post' | 'close'>;
  readonly vapid: Pick<Vapid, 'authorization'>;
  readonly rules: Pick<HostRules, 'problemOf'>;
  readonly wall: WallClock;
}

/** Browsers by RFC 8030, and UnifiedPush, which is the same by another way to the phone. */
export class WebPush implements Sender<WebPushDevice> {
  constructor(private readonly options: WebPushOptions) {}

  hostOf({ subscription }: WebPushDevice): string {
    return URL.canParse(subscription.endpoint) ? new URL(subscription.endpoint).host : '';
  }

  async send({ device }: Recipient<WebPushDevice>, notification: Notification): Promise<SendOutcome> {
    const { http, vapid, rules, wall } = this.options;
    const { endpoint } = device.subscription;
    const problem = rules.problemOf(endpoint);
    if (problem !== undefined) return { outcome: 'refused', reason: problem };
    const plaintext = declarativeMessage(notification);
    if (plaintext.byteLength > MAX_PLAINTEXT_BYTES) return { outcome: 'refused', reason: 'too_large' };
    const body = sealed(plaintext, device);
    if (body === undefined) return { outcome: 'refused', reason: 'bad_subscription' };
    const nowMs = unixMs(wall());
    const headers = {
      authorization: vapid.authorization(new URL(endpoint).origin, nowMs),
      ttl: String(ttlSeconds(notification, nowMs)),
      'content-encoding': 'aes128gcm',
      'content-type': 'application/octet-stream',
      urgency: notification.urgency,
      topic: notification.topic,
    };
    try {
      return outcomeOf(await http.post(endpoint, headers, body), nowMs);
    } catch (error) {
      return outcomeOfError(error);
    }
  }

  close(): Promise<void> {
    this.options.http.close();
    return Promise.resolve();
  }
}

function outcomeOf({ status, headers }: HttpsAnswer, nowMs: number): SendOutcome {
  if (status === 404 || status === 410) return { outcome: 'gone', reason: `status_${status}` };
  if (status === NO_SUBSCRIBER) return { outcome: 'refused', reason: 'no_subscriber' };
  return outcomeOfStatus(status, headers, nowMs);
}

/**
 * Declarative Web Push: Safari shows it by itself, a service worker anywhere else reads the same. `navigate` is what a tap
 * opens.
 */
function declarativeMessage({ title, body, language, url, topic, data }: Notification): Buffer {
  const notification = { title, body, lang: language, navigate: url, tag: topic, data };
  return Buffer.from(JSON.stringify({ web_push: 8030, notification }));
}

/** `undefined` where the key of the subscription is no point of the curve. */
function sealed(plaintext: Buffer, { subscription }: WebPushDevice): Buffer | undefined {
  try {
    return encrypt(plaintext, subscription);
  } catch {
    return undefined;
  }
}
