import { unixMs } from '../../../shared/core/wall-time.ts';
import type { DeviceOf } from '../../../shared/devices/device.ts';
import type { HostRules } from '../../../shared/devices/host-rules.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { HttpsClient } from '../http/https-client.ts';
import { outcomeOfError, outcomeOfStatus } from './http-outcome.ts';
import type { Notification, Recipient, Sender, SendOutcome } from './sender.ts';

/** ntfy makes an attachment of what is longer. */
const MAX_MESSAGE_BYTES = 4_096;
/** 1 to 5. */
const PRIORITIES = { high: '4', normal: '3' } as const;

export interface NtfyOptions {
  readonly http: Pick<HttpsClient, 'post' | 'close'>;
  readonly rules: Pick<HostRules, 'problemOf'>;
  readonly wall: WallClock;
}

/** A topic of ntfy, as its own app shows it. It replaces nothing, and keeps what it was given for as long as its server says. */
export class Ntfy implements Sender<DeviceOf<'ntfy'>> {
  constructor(private readonly options: NtfyOptions) {}

  hostOf({ url }: DeviceOf<'ntfy'>): string {
    return URL.canParse(url) ? new URL(url).host : '';
  }

  async send({ device }: Recipient<DeviceOf<'ntfy'>>, notification: Notification): Promise<SendOutcome> {
    const { http, rules, wall } = this.options;
    const problem = rules.problemOf(device.url);
    if (problem !== undefined) return { outcome: 'refused', reason: problem };
    const body = Buffer.from(notification.body);
    if (body.byteLength > MAX_MESSAGE_BYTES) return { outcome: 'refused', reason: 'too_large' };
    const headers = {
      title: encodedWord(notification.title),
      priority: PRIORITIES[notification.urgency],
      tags: 'calendar',
      click: new URL(notification.url).href,
      ...(device.token !== undefined && { authorization: `Bearer ${device.token}` }),
    };
    try {
      const { status, headers: answered } = await http.post(device.url, headers, body);
      return outcomeOfStatus(status, answered, unixMs(wall()));
    } catch (error) {
      return outcomeOfError(error);
    }
  }

  close(): Promise<void> {
    this.options.http.close();
    return Promise.resolve();
  }
}

/** No header carries more than ASCII: ntfy decodes RFC 2047. */
function encodedWord(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes('=?')) return text;
  return `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}
