import { Connection } from './connection.ts';
import { createCursorStore, type CursorStorage, type CursorStore } from './cursor-store.ts';
import { RoomcastError } from './errors.ts';
import { Feed, type Gap } from './feed.ts';
import { follow } from './follow.ts';
import type { EventName, Frame, RoomcastEvent } from './frames.ts';
import { statusOf } from './machine.ts';
import type { AbortSignalLike, Platform } from './platform.ts';
import { createShownStatus, type ShownStatus, type Snapshot } from './shown-status.ts';
import type { GetToken } from './tokens.ts';
import type { OpenLink } from './transport.ts';

/** What can be listened to, beside each event by its name. */
export interface Heard {
  /** Every event. */
  event: RoomcastEvent;
  gap: Gap;
  status: Snapshot;
  error: RoomcastError;
}
export type HeardName = keyof Heard | EventName;
export type HeardAs<Name extends HeardName> = Name extends keyof Heard
  ? Heard[Name]
  : Extract<RoomcastEvent, { event: Name }>;

export interface ClientOptions {
  /** Called before a connect when the token in hand is about to expire, and to renew it while connected. */
  readonly getToken: GetToken;
  /** Keeps the place over a reload: `localStorage` and AsyncStorage fit. In memory without it. */
  readonly storage?: CursorStorage | undefined;
  /** Of the place in `storage`: one for each person and server. */
  readonly storageKey?: string | undefined;
  /** To join besides those of the role. */
  readonly rooms?: readonly string[] | undefined;
}

interface Listening {
  readonly name: HeardName;
  readonly listener: (value: never) => void;
}

/** One person's connection. Nothing reaches a listener after `stop()`. */
export class RoomcastClient {
  readonly #listening = new Set<Listening>();
  readonly #feed = new Feed();
  readonly #platform: Platform;
  readonly #shown: ShownStatus;
  readonly #connection: Connection;
  readonly #store: CursorStore;
  #unwatch: (() => void) | undefined;

  constructor(platform: Platform, openLink: OpenLink, options: ClientOptions) {
    const { getToken, rooms = [], storage, storageKey = 'roomcast:cursor' } = options;
    this.#platform = platform;
    this.#shown = createShownStatus(platform, (snapshot) => this.#emit(snapshot, 'status'));
    this.#store = createCursorStore(storage, storageKey, (error) => this.#failed('storage_failed', error));
    this.#connection = new Connection({
      clock: platform,
      getToken,
      openLink,
      opening: async () => ({ cursor: (this.#feed.cursor ??= await this.#store.load()), rooms }),
      onState: (state) => this.#shown.setStatus(statusOf(state)),
      onFrame: (frame) => this.#take(frame),
      onError: (code, problem) => this.#failed(code, problem),
    });
  }

  start(): void {
    this.#unwatch ??= this.#platform.onWake(() => this.wake());
    this.#connection.input('start');
  }

  /** Keeps its place for the next `start()`. */
  stop(): void {
    this.#connection.input('stop');
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  /** Renews the token in place: with this one, or by `getToken`. Brings back who was signed out or refused. */
  refresh(token?: string): void {
    this.#connection.refresh(token);
  }

  /** The network is back, or somebody looks at the app again. Browsers are watched already. */
  wake(): void {
    this.#connection.input('wake');
  }

  /** The same object until something changes. */
  getSnapshot(): Snapshot {
    return this.#shown.snapshot;
  }

  /** Returns what takes the listener off again. */
  on<Name extends HeardName>(name: Name, listener: (value: HeardAs<Name>) => void): () => void {
    const listening = { name, listener };
    this.#listening.add(listening);
    return () => void this.#listening.delete(listening);
  }

  /** Events from the first `next()` on, until `stop()` or the signal; throws what the client stopped for. */
  events(options?: { readonly signal?: AbortSignalLike }): AsyncGenerator<RoomcastEvent, void> {
    return follow(this, options?.signal);
  }

  #take(frame: Frame): void {
    const { recovered } = this.#feed;
    const news = this.#feed.take(frame);
    if (this.#feed.recovered !== recovered) this.#shown.set({ recovered: !recovered });
    if (news && 'event' in news) {
      const isTaken = this.#emit(news, 'event', news.event);
      // What the calendar shows is of no one person.
      if (isTaken && news.event !== 'calendar.sync') this.#connection.ack(news.cursor);
    } else if (news) this.#emit(news, 'gap');
    if ('cursor' in frame) void this.#store.save(frame.cursor);
  }

  #failed(code: string, problem: unknown): undefined {
    const lastError = new RoomcastError(code, problem);
    this.#shown.set({ lastError });
    this.#emit(lastError, 'error');
  }

  /** To those that listen to one of these names; one that throws stops nobody else. Whether one has taken it. */
  #emit(value: unknown, ...names: readonly HeardName[]): boolean {
    let isTaken = false;
    for (const listening of [...this.#listening]) {
      if (!names.includes(listening.name) || !this.#listening.has(listening) || !this.#unwatch) continue;
      try {
        listening.listener(value as never);
        isTaken = true;
      } catch (error) {
        this.#platform.logError(error);
        if (!names.includes('error')) this.#failed('handler_failed', error);
      }
    }
    return isTaken;
  }
}
