import { backoffMs, withJitter } from '../../../shared/core/backoff.ts';
import type { Device, DeviceKind } from '../../../shared/devices/device.ts';
import type { Notification, Recipient, Sender, Senders, SendOutcome } from '../senders/sender.ts';
import { Lane, type CallLater, type LaneLimits } from './lane.ts';

/**
 * `full`: too many wait for this host already, and nothing was tried; bring it again later. `unwanted`: nobody has to be told any
 * more.
 */
export type Delivered =
  | { readonly result: 'pushed' | 'full' | 'unwanted' }
  | { readonly result: 'gone' | 'failed'; readonly reason: string };

/** What became of one try, and whom it went to; nobody where the kind is not set up. */
export type TriedNow = SendOutcome & { readonly host: string };

export interface DispatchLimits extends LaneLimits {
  /** Under way to all hosts together: beyond it each has an equal part, so that those that hang leave room for others. */
  readonly maxUnderWay: number;
  /** Tries, the first among them, before it is given up. */
  readonly maxTries: number;
  /** From the first try on, whatever a push service asks to wait. */
  readonly giveUpAfterMs: number;
}

export interface DispatcherPorts {
  /** How long something takes is measured by it, whatever becomes of the clock on the wall. */
  readonly now: () => number;
  /** Unix milliseconds, to be held against when a notification is worth nothing any more. */
  readonly unixMs: () => number;
  readonly callLater: CallLater;
  readonly onTry?: (kind: DeviceKind, outcome: SendOutcome) => void;
}

/** What is to be sent, and how. */
interface Order {
  readonly host: string;
  readonly kind: DeviceKind;
  readonly send: () => Promise<SendOutcome>;
  readonly isWanted: () => boolean;
}

const RETRY = { firstMs: 1_000, maxMs: 60_000 };

/**
 * Brings a notification to one device, with tries as its push service asks for them. Every host has a lane of its own: what
 * waits for a slow or a dead one is in nobody else's way.
 */
export class Dispatcher {
  readonly #lanes = new Map<string, Lane>();
  /** By host; who waits to try again is in no lane. */
  readonly #underWay = new Map<string, number>();
  #allUnderWay = 0;

  constructor(
    private readonly senders: Senders,
    private readonly limits: DispatchLimits,
    private readonly ports: DispatcherPorts,
  ) {}

  /** Hosts that are left alone for now. */
  get openHosts(): readonly string[] {
    return [...this.#lanes].filter(([, lane]) => lane.isOpen).map(([host]) => host);
  }

  /** `false` where it would be `full` now. */
  hasRoomFor(device: Device): boolean {
    const way = this.#wayTo(device);
    return way === undefined || this.#hasRoomAt(way.host);
  }

  /** `isWanted` is asked before each try, for which it may have waited long. */
  async deliver(
    recipient: Recipient,
    notification: Notification,
    isWanted: () => boolean,
  ): Promise<Delivered> {
    const { kind } = recipient.device;
    const way = this.#wayTo(recipient.device);
    if (way === undefined) return { result: 'failed', reason: 'kind_not_set_up' };
    const { sender, host } = way;
    if (!this.#hasRoomAt(host)) return { result: 'full' };
    this.#underWay.set(host, this.#underWayTo(host) + 1);
    this.#allUnderWay += 1;
    try {
      const send = () => sender.send(recipient, notification);
      return await this.#try({ host, kind, send, isWanted }, notification);
    } finally {
      this.#allUnderWay -= 1;
      this.#underWay.set(host, this.#underWayTo(host) - 1);
      if (this.#underWayTo(host) === 0) this.#underWay.delete(host);
    }
  }

  /** One try, past all that waits for that host and whatever it failed at: for somebody who looks on. */
  async tryNow(recipient: Recipient, notification: Notification): Promise<TriedNow> {
    const way = this.#wayTo(recipient.device);
    if (way === undefined) return { host: '', outcome: 'refused', reason: 'kind_not_set_up' };
    const outcome = await way.sender.send(recipient, notification);
    this.ports.onTry?.(recipient.device.kind, outcome);
    return { host: way.host, ...outcome };
  }

  #wayTo(device: Device): { readonly sender: Sender; readonly host: string } | undefined {
    const sender: Sender | undefined = this.senders[device.kind];
    return sender && { sender, host: sender.hostOf(device) };
  }

  #hasRoomAt(host: string): boolean {
    const { maxRunning, maxWaiting, maxUnderWay } = this.limits;
    const part = Math.max(maxRunning, maxUnderWay / (this.#underWay.size + 1));
    return this.#underWayTo(host) < (this.#allUnderWay < maxUnderWay ? maxRunning + maxWaiting : part);
  }

  #underWayTo(host: string): number {
    return this.#underWay.get(host) ?? 0;
  }

  async #try(order: Order, notification: Notification): Promise<Delivered> {
    const worthMs = notification.expiresAtMs - this.ports.unixMs();
    const endsMs = this.ports.now() + Math.min(worthMs, this.limits.giveUpAfterMs);
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.#tryOnce(order, endsMs);
      if (outcome === 'full') return tries === 1 ? { result: 'full' } : { result: 'failed', reason: 'full' };
      if (outcome === 'too_late') return { result: 'failed', reason: 'too_late' };
      if (outcome === 'unwanted') return { result: 'unwanted' };
      if (outcome.outcome === 'accepted') return { result: 'pushed' };
      if (outcome.outcome !== 'later')
        return { result: outcome.outcome === 'gone' ? 'gone' : 'failed', reason: outcome.reason };
      const waitMs = outcome.retryAfterMs ?? withJitter(backoffMs(RETRY, tries - 1));
      const isLast = tries >= this.limits.maxTries || this.ports.now() + waitMs >= endsMs;
      if (isLast) return { result: 'failed', reason: outcome.reason };
      await new Promise<void>((resolve) => this.ports.callLater(resolve, waitMs));
    }
  }

  async #tryOnce(
    { host, kind, send, isWanted }: Order,
    endsMs: number,
  ): Promise<SendOutcome | 'full' | 'too_late' | 'unwanted'> {
    const lane = this.#laneTo(host);
    const turn = await (lane.enter(endsMs) ?? 'full');
    if (turn !== 'now') return turn;
    if (!isWanted()) {
      lane.pass();
      return 'unwanted';
    }
    const outcome = await send();
    this.ports.onTry?.(kind, outcome);
    lane.leave(bearing(outcome));
    return outcome;
  }

  #laneTo(host: string): Lane {
    for (const [name, lane] of this.#lanes) if (lane.isIdle && name !== host) this.#lanes.delete(name);
    const known = this.#lanes.get(host);
    if (known !== undefined) return known;
    const lane = new Lane(this.limits, this.ports.now, this.ports.callLater);
    this.#lanes.set(host, lane);
    return lane;
  }
}

/** A host that refuses one device, or says of it that it is sent too much, is well. */
function bearing(outcome: SendOutcome): {
  readonly isUnwell: boolean;
  readonly pauseMs?: number | undefined;
} {
  if (outcome.outcome !== 'later' || outcome.reason === 'status_429') return { isUnwell: false };
  return { isUnwell: true, pauseMs: outcome.retryAfterMs };
}
