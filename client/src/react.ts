import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { RoomcastClient } from './client.ts';
import type { AppointmentEvent, RoomcastEvent } from './frames.ts';
import type { Snapshot } from './shown-status.ts';

/** A component that goes and comes again, as under StrictMode, keeps the connection. */
const LINGER_MS = 1_000;

interface Store {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => Snapshot;
}
type Timer = unknown;
const { setTimeout, clearTimeout } = globalThis as unknown as {
  readonly setTimeout: (then: () => void, ms: number) => Timer;
  readonly clearTimeout: (timer: Timer) => void;
};

const stores = new WeakMap<RoomcastClient, Store>();

/** One for each client: React subscribes anew where it is another one. */
function storeOf(client: RoomcastClient): Store {
  const known = stores.get(client);
  if (known !== undefined) return known;
  let users = 0;
  let isOurs = false;
  let leaving: Timer;
  const store: Store = {
    subscribe: (listener) => {
      clearTimeout(leaving);
      // One that the app has started is the app's to stop.
      if (users++ === 0 && client.getSnapshot().status === 'idle') isOurs = true;
      if (isOurs) client.start();
      const off = client.on('status', listener);
      return () => {
        off();
        users -= 1;
        if (users > 0 || !isOurs) return;
        leaving = setTimeout(() => {
          isOurs = false;
          client.stop();
        }, LINGER_MS);
      };
    },
    getSnapshot: () => client.getSnapshot(),
  };
  stores.set(client, store);
  return store;
}

/** The state of the connection, which lasts as long as a component uses it. */
export function useRoomcast(client: RoomcastClient): Snapshot {
  const { subscribe, getSnapshot } = storeOf(client);
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}

/** The newest value, without a new subscription for each. */
function useLatest<Value>(value: Value): { readonly current: Value } {
  const ref = useRef(value);
  useEffect(() => {
    ref.current = value;
  });
  return ref;
}

/** Events by name: `appointment.created`, all that begin alike by `appointment.*`, or `*`. */
export function useRoomcastEvent(
  client: RoomcastClient,
  pattern: string,
  listener: (event: RoomcastEvent) => void,
): void {
  useRoomcast(client);
  const latest = useLatest(listener);
  useEffect(
    () =>
      client.on('event', (event) => {
        const isWanted = pattern.endsWith('*')
          ? event.event.startsWith(pattern.slice(0, -1))
          : event.event === pattern;
        if (isWanted) latest.current(event);
      }),
    [client, pattern, latest],
  );
}

interface WithId {
  readonly id: number | string;
}

export interface Appointments<Item extends WithId> {
  readonly appointments: readonly Item[];
  readonly isLoading: boolean;
  /** What the last `load` threw. */
  readonly error: unknown;
  readonly reload: () => void;
  readonly connection: Snapshot;
}

/**
 * The list that `load` gives, at the start and wherever something may have been missed, and each change since, merged by id.
 * `isWanted` says which appointments belong to it, where `load` does not give all that its person may see.
 */
export function useAppointments<Item extends WithId>(
  client: RoomcastClient,
  load: () => Promise<readonly Item[]>,
  isWanted: (item: Item) => boolean = () => true,
): Appointments<Item> {
  const connection = useRoomcast(client);
  const latestLoad = useLatest(load);
  const [state, setState] = useState<{ list: readonly Item[]; isLoading: boolean; error: unknown }>({
    list: [],
    isLoading: true,
    error: undefined,
  });
  /** What came since the newest `load` began, whose list may be older. */
  const meanwhile = useRef<AppointmentEvent[] | undefined>(undefined);
  const reload = useCallback(() => {
    const mine: AppointmentEvent[] = (meanwhile.current = []);
    const settle = (next: (before: readonly Item[]) => { list: readonly Item[]; error: unknown }) => {
      if (meanwhile.current !== mine) return;
      meanwhile.current = undefined;
      setState(({ list }) => ({ ...next(list), isLoading: false }));
    };
    setState((before) => ({ ...before, isLoading: true }));
    new Promise<readonly Item[]>((resolve) => resolve(latestLoad.current())).then(
      (list) => settle(() => ({ list: mine.reduce<readonly Item[]>(changed, list), error: undefined })),
      (error: unknown) => settle((list) => ({ list, error })),
    );
  }, [latestLoad]);
  useEffect(() => {
    reload();
    const offs = [
      client.on('gap', reload),
      client.on('event', (event) => {
        if (event.event === 'calendar.sync') return;
        meanwhile.current?.push(event);
        setState((before) => ({ ...before, list: changed(before.list, event) }));
      }),
    ];
    return () => {
      meanwhile.current = undefined;
      for (const off of offs) off();
    };
  }, [client, reload]);
  const { list, isLoading, error } = state;
  return { appointments: list.filter(isWanted), isLoading, error, reload, connection };
}

/** A key that an event does not have is as it was. */
function changed<Item extends WithId>(
  list: readonly Item[],
  { event, data }: AppointmentEvent,
): readonly Item[] {
  const id = data.id ?? data.appointment_id ?? data.appointmentId;
  const isIt = (item: Item) => String(item.id) === String(id);
  if (event === 'appointment.cancelled') return list.filter((item) => !isIt(item));
  if (list.some(isIt)) return list.map((item) => (isIt(item) ? { ...item, ...data, id: item.id } : item));
  return [...list, { ...data, id } as unknown as Item];
}
