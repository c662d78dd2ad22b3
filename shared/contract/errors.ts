/**
 * Every code that ingest answers, its HTTP status and a title that tells the reader what happened. One row
 * per code; edges translate from here and nowhere else. PROTOCOL.md lists them all.
 */
export const errorRegistry = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  unauthorized: { status: 401, title: 'No valid API key' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'This path does not take that method' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  ids_clash: { status: 409, title: 'The ids are those of another installation' },
  id_reused: { status: 409, title: 'The id was used for another event' },
  too_many_revocations: { status: 409, title: 'Too many revocations are in force' },
  reconciliation_off: { status: 409, title: 'Reconciliation is not set up' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'This media type is not taken here' },
  invalid_event: { status: 422, title: 'The event is not valid' },
  invalid_request: { status: 422, title: 'The request is not valid' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'This is a fault of ours' },
  broker_unavailable: { status: 503, title: 'The broker cannot be reached' },
  broker_blocked: { status: 503, title: 'The broker takes no messages now' },
  inbox_full: { status: 503, title: 'Too many messages wait in the inbox' },
  too_many_bodies: { status: 503, title: 'Too many large bodies come at once' },
  too_many_unconfirmed: { status: 503, title: 'Too many events wait for the broker' },
  broken_topology: { status: 503, title: 'The broker has lost a queue or binding of ours' },
  push_unavailable: { status: 503, title: 'Push does not answer' },
  starting: { status: 503, title: 'This instance is not ready yet' },
  going_away: { status: 503, title: 'This instance is shutting down' },
} as const;

export type ErrorCode = keyof typeof errorRegistry;

/** An unexpected failure with a stable code; match on `code`, never on the message. */
export class AppError extends Error {
  override readonly name = 'AppError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get status(): number {
    return errorRegistry[this.code].status;
  }

  /** Whether the same request may succeed later without a change. */
  get retryable(): boolean {
    return this.status === 503 || this.status === 429;
  }
}

/** What every answer other than success says (RFC 9457). */
export function problemOf(
  code: string,
  { title, status }: { readonly title: string; readonly status: number },
  detail: string,
) {
  return { type: `/problems/${code}`, title, status, code, detail };
}

/** What is wrong with an input: where (JSON pointer, RFC 6901) and what was expected there. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}
