import {
  AppError,
  errorRegistry,
  problemOf,
  type ErrorCode,
  type Problem,
} from '../../../shared/contract/errors.ts';
import type { Refusal } from '../accept/problems.ts';

/** What is answered instead of success: the one translation from whatever went wrong. */
export interface Fault {
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly Problem[];
  readonly headers: Readonly<Record<string, string>>;
  /** It is for the key, or for having none. */
  readonly forKey?: true;
}

/** 429 that knows when to come back. */
export class TooManyRequests extends AppError {
  readonly retryAfterS: number;

  constructor(
    message: string,
    remainingMs: number,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super('too_many_requests', message);
    this.retryAfterS = Math.max(1, Math.ceil(remainingMs / 1000));
  }
}

/** 429 for wrong keys, not for many requests with a good one. */
export class TooManyWrongKeys extends TooManyRequests {}

/** Shorter than the broker's own come-back; a retry that is too early is answered the same and costs little. */
const RETRY_AFTER_S = 2;

const frameworkCodes: Readonly<Record<string, { code: ErrorCode; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body_too_large', detail: 'Send fewer events in one request.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail:
      'Send JSON with "Content-Type: application/json". CloudEvents go to /v1/events as application/cloudevents+json.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'malformed_json',
    detail: 'The body is not as long as Content-Length says.',
  },
  FST_ERR_BAD_URL: { code: 'not_found', detail: 'This is not a path.' },
};

export function faultOfRefusal({ code, problems }: Refusal): Fault {
  const [first] = problems;
  const place = first === undefined || first.path === '' ? '' : `${first.path}: `;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more, see errors)` : '';
  return fault(code, `${place}${first?.message ?? ''}${more}`, { errors: problems });
}

/** What a client reads never carries internals: what we do not know is `internal` and nothing more. */
export function faultOf(error: unknown): Fault {
  if (error instanceof AppError) {
    const forKey = error.code === 'unauthorized' || error instanceof TooManyWrongKeys;
    return fault(error.code, error.message, { headers: headersFor(error), ...(forKey && { forKey }) });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = Object.hasOwn(frameworkCodes, code) ? frameworkCodes[code] : undefined;
  if (known !== undefined) return fault(known.code, known.detail);
  return fault('internal', 'Look at the log of ingest for what happened.');
}

/** Of a request that has not arrived whole: that its client is gone is no fault of ours, and nobody reads the answer. */
export function faultOfUnfinished(error: unknown): Fault {
  const gone = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNRESET';
  return gone
    ? fault('malformed_json', 'The connection ended before the whole body had come.')
    : faultOf(error);
}

/** RFC 9457. */
export function problemDocument({ code, detail, errors }: Fault) {
  return { ...problemOf(code, errorRegistry[code], detail), errors };
}

/** The same in the shape that callers of the fork's `/broadcast` know. */
export function broadcastDocument({ code, detail, errors }: Fault) {
  return { success: false, message: detail, code, errors };
}

/** The fork knows one status for a call that is wrong. */
export function broadcastStatus(code: ErrorCode): number {
  return code === 'invalid_event' ? 400 : errorRegistry[code].status;
}

function fault(
  code: ErrorCode,
  detail: string,
  rest: Partial<Pick<Fault, 'errors' | 'headers' | 'forKey'>> = {},
): Fault {
  return { code, status: errorRegistry[code].status, detail, errors: [], headers: {}, ...rest };
}

function headersFor(error: AppError): Record<string, string> {
  if (error.code === 'unauthorized')
    return { 'www-authenticate': 'Bearer realm="roomcast", Basic realm="roomcast"' };
  if (error instanceof TooManyRequests) return { ...error.headers, 'retry-after': String(error.retryAfterS) };
  return error.status === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {};
}
