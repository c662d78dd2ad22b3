import { createAlarm } from './alarm.ts';
import type { RoomcastError } from './errors.ts';
import { SETTLE_MS } from './limits.ts';
import type { Status } from './machine.ts';
import type { Clock } from './platform.ts';

/** What an app shows; a new frozen object for each change. */
export interface Snapshot {
  readonly status: Status;
  /** The last return missed nothing, and nothing since: false before the first one, and after a gap. */
  readonly recovered: boolean;
  /** Since when it has this status, in milliseconds since 1970. */
  readonly since: number;
  readonly lastError: RoomcastError | undefined;
}

export interface ShownStatus {
  readonly snapshot: Snapshot;
  /** At once where it is good or final, or follows what was final; else once it has lasted. */
  setStatus(status: Status): void;
  set(change: Partial<Snapshot>): void;
}

export function createShownStatus(clock: Clock, onChange: (snapshot: Snapshot) => void): ShownStatus {
  const settling = createAlarm(clock);
  const isFinal = (status: Status) => status === 'idle' || status === 'stopped';
  let shown: Snapshot = Object.freeze({
    status: 'idle',
    recovered: false,
    since: clock.now(),
    lastError: undefined,
  });
  const set = (change: Partial<Snapshot>) => {
    shown = Object.freeze({ ...shown, ...change });
    onChange(shown);
  };
  return {
    get snapshot() {
      return shown;
    },
    set,
    setStatus: (status) => {
      settling.clear();
      if (status === shown.status) return;
      const show = () =>
        set({ status, since: clock.now(), ...(status === 'live' && { lastError: undefined }) });
      if (status === 'live' || isFinal(status) || isFinal(shown.status)) show();
      else settling.set(SETTLE_MS, show);
    },
  };
}
