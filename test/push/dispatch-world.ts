import { Dispatcher, type DispatchLimits } from '../../services/push/sending/dispatcher.ts';
import type { Notification, Sender, SendOutcome } from '../../services/push/senders/sender.ts';
import { Subscriber } from '../../tools/push-service/subscriber.ts';
import { NOW_MS, notification } from './notifications.ts';

interface Pending {
  readonly host: string;
  answer(outcome: SendOutcome): void;
}

/** A dispatcher whose clock, timers and push services a test has in its hands. */
export function dispatchWorld(limits: Partial<DispatchLimits> = {}) {
  const state = { nowMs: 0, unixMs: () => NOW_MS + state.nowMs };
  const timers: { readonly atMs: number; readonly act: () => void }[] = [];
  const pending: Pending[] = [];
  const sender: Sender = {
    hostOf: (device) => ('subscription' in device ? new URL(device.subscription.endpoint).host : ''),
    send: ({ device }) => {
      const host = sender.hostOf(device);
      return new Promise((answer) => pending.push({ host, answer }));
    },
    close: () => Promise.resolve(),
  };
  const dispatcher = new Dispatcher(
    { webpush: sender },
    { maxRunning: 2, maxWaiting: 100, maxUnderWay: 1_000, maxTries: 3, giveUpAfterMs: 600_000, ...limits },
    {
      now: () => state.nowMs,
      unixMs: () => state.unixMs(),
      callLater: (act, ms) => void timers.push({ atMs: state.nowMs + ms, act }),
    },
  );
  const keys = new Subscriber();
  const recipientAt = (host: string) => {
    const subscription = keys.subscription(`https://${host}/x`);
    return { device: { kind: 'webpush' as const, subscription }, seenAtMs: NOW_MS };
  };
  return {
    state,
    dispatcher,
    pending,
    deliver: (host: string, changes: Partial<Notification> = {}, isWanted = () => true) =>
      dispatcher.deliver(recipientAt(host), notification(changes), isWanted),
    hasRoomAt: (host: string) => dispatcher.hasRoomFor(recipientAt(host).device),
    tryNow: (host: string) => dispatcher.tryNow(recipientAt(host), notification()),
    /** The oldest request that waits for an answer gets this one; resolves once what follows from that has happened. */
    answer: async (outcome: SendOutcome, host?: string) => {
      await settled();
      const at = pending.findIndex((one) => host === undefined || one.host === host);
      pending.splice(at, 1)[0]?.answer(outcome);
      await settled();
    },
    /** Lets time pass, and what was to happen in it. */
    pass: async (ms: number) => {
      await settled();
      const untilMs = state.nowMs + ms;
      for (;;) {
        const next = timers.toSorted((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        timers.splice(timers.indexOf(next), 1);
        state.nowMs = Math.max(state.nowMs, next.atMs);
        next.act();
        await settled();
      }
      state.nowMs = untilMs;
    },
  };
}

/** Everything that needs no answer and no time. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
