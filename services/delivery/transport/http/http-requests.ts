import type { Refused, Verify } from '../../session/access.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cursor } from '../../../../shared/contract/cursor.ts';
import type { Mount, MountOptions } from '../server.ts';
import { bearerOf, credentialsIn } from '../credentials.ts';
import { answerJson } from './answer.ts';
import { HttpEntrance, NO_TOKEN, pathOf, type Asked, type Handlers } from './entrance.ts';
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

/** A stream, a poll, and tickets for those who can send no header. */
export class HttpRequests implements Mount {
  readonly #entrance: HttpEntrance;
  readonly #routes: ReadonlyMap<string, Handlers>;

  constructor(private readonly options: HttpOptions) {
    this.#entrance = new HttpEntrance(options);
    this.#routes = new Map<string, Handlers>([
      ['/v1/stream', { GET: (asked) => this.#stream(asked) }],
      ['/v1/events', { GET: (asked) => this.#poll(asked) }],
      ['/v1/tickets', { POST: (asked) => void this.#ticket(asked) }],
    ]);
  }

  request(request: IncomingMessage, response: ServerResponse): boolean {
    const handlers = this.#routes.get(pathOf(request));
    if (handlers !== undefined) this.#entrance.receive(request, response, handlers);
    return handlers !== undefined;
  }

  #stream({ request, response, client, query }: Asked): void {
    const { arrived, limits, tickets, now } = this.options;
    const header = bearerOf(request);
    const token = header ?? query.get('ticket');
    if (token === null || token === '') return this.#entrance.refuse(response, NO_TOKEN);
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
    if (token === undefined) return this.#entrance.refuse(response, NO_TOKEN);
    const asked = readPollQuery(query);
    if ('problem' in asked)
      return this.#entrance.refuse(response, { code: 'INVALID_QUERY', message: asked.problem });
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
      this.#entrance.refuse(response, NO_TOKEN);
      return;
    }
    const issued = await this.options.tickets.issue(token);
    if ('refused' in issued) {
      this.#entrance.refuse(response, { code: issued.refused, message: issued.message });
      return;
    }
    answerJson(response, 201, { ticket: issued.ticket, expires_at: issued.expiresAt });
  }
}
