import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../../../../shared/service/client-addresses.ts';
import type { MountOptions } from '../server.ts';
import { bearerOf } from '../credentials.ts';
import { refuse, type Refusal } from './answer.ts';
import { allowOrigin, answerPreflight } from './cross-origin.ts';

const HEADERS = {
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  Vary: 'Authorization',
};

export const NO_TOKEN = { code: 'AUTH_REQUIRED', message: 'Send Authorization: Bearer <token>.' } as const;

export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly client: Client;
  readonly query: URLSearchParams;
}

export type Handler = (asked: Asked) => void;

/** What a path does, by method. */
export type Handlers = Readonly<Record<string, Handler>>;

/** What every plain request goes through, whatever it asks. */
export class HttpEntrance {
  constructor(
    private readonly options: Pick<MountOptions, 'allowedOrigins' | 'clients' | 'handshakes' | 'refused'>,
  ) {}

  receive(request: IncomingMessage, response: ServerResponse, handlers: Handlers): void {
    // What breaks off is seen by its `close`.
    response.on('error', () => undefined);
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    allowOrigin(response, request.headers.origin, this.options.allowedOrigins);
    const methods = Object.keys(handlers).join(', ');
    const { method = '' } = request;
    const handle = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (method === 'OPTIONS') answerPreflight(response, methods);
    else if (handle !== undefined) this.#letIn(request, response, handle);
    else {
      response.setHeader('Allow', `${methods}, OPTIONS`);
      this.refuse(response, { code: 'METHOD_NOT_ALLOWED', message: `Use ${methods}.` });
    }
  }

  refuse(response: ServerResponse, refusal: Refusal): void {
    this.options.refused(refusal.code);
    refuse(response, refusal);
  }

  #letIn(request: IncomingMessage, response: ServerResponse, handle: Handler): void {
    const { clients, handshakes } = this.options;
    const client = clients.of(request);
    const query = new URLSearchParams((request.url ?? '').split('?', 2)[1]);
    handshakes.enter(client, bearerOf(request), {
      take: () => {
        // Who has left meanwhile would never be seen to leave.
        if (!response.destroyed) handle({ request, client, response, query });
      },
      refuse: (refusal) => this.refuse(response, refusal),
    });
  }
}

/** Without its query. */
export function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}
