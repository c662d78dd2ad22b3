import type { ServerResponse } from 'node:http';
import type { CloseName } from '../../../../shared/contract/close-codes.ts';
import { problemOf } from '../../../../shared/contract/errors.ts';
import type { FrameErrorCode } from '../../../../shared/contract/frames.ts';

const RETRY_AFTER_S = 5;
const PROBLEM = 'application/problem+json';

interface Kind {
  readonly status: number;
  readonly title: string;
}

const unauthorized = { status: 401, title: 'No valid token' };
const badRequest = { status: 400, title: 'The request is not valid' };
const unavailable = { status: 503, title: 'This instance cannot take the request now' };

/** What an error frame comes to that is sent before an answer has begun, and what only HTTP refuses. */
const kinds = {
  AUTH_REQUIRED: unauthorized,
  AUTH_FAILED: unauthorized,
  TOKEN_EXPIRED: unauthorized,
  ACCESS_DENIED: { status: 403, title: 'The token does not allow that' },
  INVALID_ROOM: badRequest,
  INVALID_MESSAGE: badRequest,
  UNKNOWN_ACTION: badRequest,
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  TOO_SLOW: unavailable,
  OVERLOADED: unavailable,
  GOING_AWAY: unavailable,
  INVALID_QUERY: badRequest,
  INVALID_DEVICE: { status: 400, title: 'The device is not valid' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  PUSH_OFF: { status: 404, title: 'Push is not set up here' },
  ORIGIN_NOT_ALLOWED: { status: 403, title: 'Pages of this origin may not connect' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This path does not take that method' },
} as const satisfies Record<FrameErrorCode, Kind> & Record<string, Kind>;

export interface Refusal {
  readonly code: keyof typeof kinds;
  readonly message: string;
  readonly waitSeconds?: number | undefined;
}

interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export const goingAway: Refusal = {
  code: 'GOING_AWAY',
  message: 'This instance is stopping. Come back with the cursor.',
};

/** Why a request ends that a session closes without an error frame. */
export function refusalFor(name: CloseName): Refusal {
  return name === 'goingAway'
    ? goingAway
    : { code: 'OVERLOADED', message: 'The request was given up. Come back.' };
}

/** Answers with problem+json (RFC 9457). */
export function refuse(response: ServerResponse, refusal: Refusal): void {
  const { status, headers, body } = problemFor(refusal);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  answer(response, status, PROBLEM, body);
}

/** What a refusal comes to in HTTP. */
export function problemFor({ code, message, waitSeconds }: Refusal): Problem {
  const { status } = kinds[code];
  const error = code === 'AUTH_REQUIRED' ? '' : ', error="invalid_token"';
  return {
    status,
    headers: {
      'Content-Type': PROBLEM,
      ...(status === 401 && { 'WWW-Authenticate': `Bearer realm="roomcast"${error}` }),
      ...((status === 429 || status === 503) && { 'Retry-After': String(waitSeconds ?? RETRY_AFTER_S) }),
      ...(code === 'GOING_AWAY' && { Connection: 'close' }),
    },
    body: Buffer.from(JSON.stringify(problemOf(code.toLowerCase(), kinds[code], message))),
  };
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  answer(response, status, 'application/json', Buffer.from(JSON.stringify(body)));
}

export function answer(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': body.byteLength });
  response.end(body);
}
