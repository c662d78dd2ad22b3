import type { Device, DeviceKind, DeviceOf } from '../../../shared/devices/device.ts';

/** What a phone shows, and for how long that is worth showing. */
export interface Notification {
  readonly title: string;
  readonly body: string;
  /** BCP 47. */
  readonly language: string;
  /** What a tap opens. */
  readonly url: string;
  /** One that comes later takes the place of one with the same; at most 32 characters of base64url (RFC 8030, 5.4). */
  readonly topic: string;
  readonly urgency: 'high' | 'normal';
  /** Unix milliseconds: a push service that has not reached the phone by then need not. */
  readonly expiresAtMs: number;
  /** For apps that show it themselves. */
  readonly data: Readonly<Record<string, string>>;
}

/**
 * What became of it. `gone`: the push service knows this device no more, and it is forgotten. `refused`: the same would be
 * refused again, and an operator has to look. `later`: nobody is to blame who could not be well in a moment. A `reason` is one
 * of few, so that it may be the label of a metric.
 */
export type SendOutcome =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'gone' | 'refused'; readonly reason: string }
  | { readonly outcome: 'later'; readonly reason: string; readonly retryAfterMs?: number | undefined };

/** A device, and when its user last said that it is theirs. */
export interface Recipient<Reached extends Device = Device> {
  readonly device: Reached;
  readonly seenAtMs: number;
}

/** A way to the phones of one push service or of one kind of them. */
export interface Sender<Reached extends Device = Device> {
  /** Whom the request goes to: what fails there is not held against others. */
  hostOf(device: Reached): string;
  /** One try. Never rejects: what went wrong is an outcome. */
  send(recipient: Recipient<Reached>, notification: Notification): Promise<SendOutcome>;
  close(): Promise<void>;
}

/** Those that are set up. */
export type Senders = { readonly [Kind in DeviceKind]?: Sender<DeviceOf<Kind>> };

/** APNs keeps one for 30 days at most, the others for 28. */
const MAX_TTL_S = 28 * 24 * 60 * 60;

/** Whole seconds for which a push service should keep it, at least one: 0 would mean now or never. */
export function ttlSeconds({ expiresAtMs }: Notification, nowMs: number): number {
  return Math.min(MAX_TTL_S, Math.max(1, Math.floor((expiresAtMs - nowMs) / 1_000)));
}
