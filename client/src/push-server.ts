import { RoomcastError, Unauthorized } from './errors.ts';
import type { GetToken } from './tokens.ts';

/** Of a server that cannot answer now, as while its broker is away. */
const ATTEMPTS = 4;
const RETRY_S = 2;
const MAX_RETRY_S = 30;

const codes: Readonly<Record<number, string>> = { 401: 'unauthorized', 404: 'push_off' };

/** The part of `fetch` that is used. */
export type Fetch = (
  url: string,
  options: { method: string; headers: Record<string, string>; body?: string },
) => Promise<Answer>;
interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  json(): Promise<unknown>;
}

/** For `catch`: the same as an error of this package. */
export const failing = (code: string) => (error: unknown) => {
  throw new RoomcastError(error instanceof Unauthorized ? 'unauthorized' : code, error);
};

/** Where the devices of the user are kept. */
export interface PushServerOptions {
  /** `https://host`, or the address of its WebSocket. */
  readonly serverUrl?: string | undefined;
  readonly url?: string | undefined;
  readonly getToken: GetToken;
}

export interface PushServer {
  /** By HTTP, without a slash at its end. */
  readonly base: string;
  /** By which a browser knows the server that may wake it. */
  key(): Promise<string>;
  put(id: string, device: unknown): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Its calls fail with `unauthorized`, `token_failed`, `push_off` or `push_failed`. */
export function pushServer(
  { serverUrl, url = '', getToken }: PushServerOptions,
  fetch: Fetch,
  wait: (ms: number) => Promise<void>,
): PushServer {
  const base = (serverUrl ?? url.replace(/\/ws$/, '')).replace(/\/$/, '').replace(/^ws/, 'http');

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const token = await (async () => getToken?.())().catch(failing('token_failed'));
      if (!token) throw new RoomcastError('unauthorized', 'nobody is signed in');
      const answer = await fetch(base + path, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }).catch(failing('push_failed'));
      if (answer.ok) return answer;
      const { status } = answer;
      if (status !== 503 || attempt === ATTEMPTS) {
        throw new RoomcastError(codes[status] ?? 'push_failed', `${method} ${path} was answered ${status}`);
      }
      const seconds = Number(answer.headers.get('Retry-After')) || RETRY_S;
      await wait(Math.min(seconds, MAX_RETRY_S) * 1_000);
    }
  }

  return {
    base,
    key: async () => ((await (await call('GET', '/v1/push/key')).json()) as { key: string }).key,
    put: async (id, device) => {
      await call('PUT', `/v1/devices/${id}`, device);
    },
    remove: async (id) => {
      await call('DELETE', `/v1/devices/${id}`);
    },
  };
}
