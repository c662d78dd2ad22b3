/** What the client needs of its surroundings: the same names in browsers, React Native and Node. */
export interface Clock {
  now(): number;
  /** From 0 to 1. */
  random(): number;
  setTimeout(then: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface Platform extends Clock {
  readonly WebSocket?: WebSocketConstructor | undefined;
  readonly fetch?: Fetch | undefined;
  /** Tells when the network is back or somebody looks at the page again, until what it returns is called. */
  onWake(wake: () => void): () => void;
  /** What a listener of the app threw, where nobody listens to errors. */
  logError(error: unknown): void;
}

/** The part of a WebSocket that is used. The package `ws` has it too. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}
export type WebSocketConstructor = new (url: string) => WebSocketLike;

export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The part of a streamed answer that is used. */
export interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> };
  } | null;
  text(): Promise<string>;
}
export type Fetch = (
  url: string,
  options: { headers: Record<string, string>; signal: never; cache: 'no-store' },
) => Promise<FetchAnswer>;

interface Events {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}
type Surroundings = Partial<Events> & {
  readonly document?: { readonly visibilityState: string };
  readonly WebSocket?: WebSocketConstructor;
  readonly fetch?: Fetch;
  readonly console?: { error(error: unknown): void };
} & Pick<Clock, 'setTimeout' | 'clearTimeout'>;

/** The page that this runs in, or whatever else there is. */
export function platformOf(scope: unknown): Platform {
  const around = scope as Surroundings;
  return {
    WebSocket: around.WebSocket,
    fetch: around.fetch,
    now: Date.now,
    random: Math.random,
    setTimeout: (then, ms) => around.setTimeout(then, ms),
    clearTimeout: (timer) => around.clearTimeout(timer),
    logError: (error) => around.console?.error(error),
    onWake: (wake) => {
      const onShow = () => {
        if (around.document?.visibilityState !== 'hidden') wake();
      };
      // That of the document gets as far as the window.
      const types = ['online', 'visibilitychange'];
      for (const type of types) around.addEventListener?.(type, onShow);
      return () => {
        for (const type of types) around.removeEventListener?.(type, onShow);
      };
    },
  };
}
