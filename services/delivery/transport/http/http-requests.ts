import type { Refused, Verify } from '../../session/access.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cursor } from '../../../../shared/contract/cursor.ts';
import type { Client } from '../../../../shared/service/client-addresses.ts';
import type { Mount, MountOptions } from '../server.ts';
import { bearerOf, credentialsIn } from '../credentials.ts';
import { answerJson, refuse, type Refusal } from './answer.ts';
import { allowOrigin, answerPreflight } from './cross-origin.ts';
import { EventStreamAnswer, type StreamLimits } from './event-stream.ts';
import { Poll } from './poll.ts';
import { readPollQuery } from './poll-query.ts';

export interface HttpOptions extends MountOptions {
  readonly limits: StreamLimits;
  readonly tickets: {
    issue(token: string): Promise<{ readonly ticket: string; readonly expiresAt: string } | Refused>;
    readonly redeem: Verify;
  };
  /** The newest place of this instance; waits until there is one. */
  readonly position: () => Promise<Cursor>;
}

const NO_TOKEN = { code: 'AUTH_REQUIRED', message: 'Send Authorization: Bearer <token>.' } as const;

const HEADERS = {
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  Vary: 'Authorization',
};

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly client: Client;
  readonly query: URLSearchParams;
}

type Handler = (asked: Asked) => void;

/** A stream, a poll, and tickets for those who can send no header. */
export class HttpRequests implements Mount {
  readonly #routes: ReadonlyMap<string, { readonly method: string; readonly handle: Handler }>;

  constructor(private readonly options: HttpOptions) {
    this.#routes = new Map([
      ['/v1/stream', { method: 'GET', handle: (asked) => this.#stream(asked) }],
      ['/v1/events', { method: 'GET', handle: (asked) => this.#poll(asked) }],
      ['/v1/tickets', { method: 'POST', handle: (asked) => void this.#ticket(asked) }],
    ]);
  }

  request(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = '', search = ''] = (request.url ?? '').split('?', 2);
    const route = this.#routes.get(path);
    if (route === undefined) return false;
    // What breaks off is seen by its `close`.
    response.on('error', () => undefined);
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const { origin } = request.headers;
    allowOrigin(response, origin, this.options.allowedOrigins);
    if (request.method === 'OPTIONS') {
      answerPreflight(response, route.method);
    } else if (request.method !== route.method) {
      response.setHeader('Allow', `${route.method}, OPTIONS`);
      this.#refuse(response, { code: 'METHOD_NOT_ALLOWED', message: `Use ${route.method}.` });
    } else {
      const { clients, handshakes } = this.options;
      const client = clients.of(request);
      handshakes.enter(client, bearerOf(request), {
        take: () => {
          // Who has left meanwhile would never be seen to leave.
          if (!response.destroyed)
            route.handle({ request, client, response, query: new URLSearchParams(search) });
        },
        refuse: (refusal) => this.#refuse(response, refusal),
      });
    }
    return true;
  }

  #stream({ request, response, client, query }: Asked): void {
    const { arrived, limits, tickets, now } = this.options;
    const header = bearerOf(request);
    const token = header ?? query.get('ticket');
    if (token === null || token === '') return this.#refuse(response, NO_TOKEN);
    const after = request.headers['last-event-id']?.toString() ?? query.get('after');
    arrived({
      transport: 'stream',
      client,
      credentials: credentialsIn(query, token, after),
      ...(header === undefined && { verify: tickets.redeem }),
      open: (events) => new EventStreamAnswer(response, request.socket, limits, events, now),
    });
  }

  #poll({ request, response, client, query }: Asked): void {
    const { arrived, limits, position } = this.options;
    const token = bearerOf(request);
    if (token === undefined) return this.#refuse(response, NO_TOKEN);
    const asked = readPollQuery(query);
    if ('problem' in asked) return this.#refuse(response, { code: 'INVALID_QUERY', message: asked.problem });
    arrived({
      transport: 'poll',
      client,
      credentials: credentialsIn(query, token, asked.after),
      open: (events) => new Poll(response, asked, limits.maxOutboxBytes, position, events),
    });
  }

  async #ticket({ request, response }: Asked): Promise<void> {
    request.resume();
    const token = bearerOf(request);
    if (token === undefined) {
      this.#refuse(response, NO_TOKEN);
      return;
    }
    const issued = await this.options.tickets.issue(token);
    if ('refused' in issued) {
      this.#refuse(response, { code: issued.refused, message: issued.message });
      return;
    }
    answerJson(response, 201, { ticket: issued.ticket, expires_at: issued.expiresAt });
  }

  #refuse(response: ServerResponse, refusal: Refusal): void {
    this.options.refused(refusal.code);
    refuse(response, refusal);
  }
}
