import type { ServerResponse } from 'node:http';

/** How long a browser need not ask again. */
const MAX_AGE_S = 600;
const ALLOWED_HEADERS = 'Authorization, Content-Type, Last-Event-ID, Cache-Control';

/** Lets pages of these origins read the answer (Fetch standard, CORS protocol). */
export function allowOrigin(
  response: ServerResponse,
  origin: string | undefined,
  allowed: readonly string[],
): void {
  if (allowed.length === 0) return;
  const isForAll = allowed.includes('*');
  if (!isForAll) response.appendHeader('Vary', 'Origin');
  if (origin === undefined || !(isForAll || allowed.includes(origin))) return;
  response.setHeader('Access-Control-Allow-Origin', isForAll ? '*' : origin);
  response.setHeader('Access-Control-Expose-Headers', 'Retry-After, WWW-Authenticate');
}

/** Says what a page may ask, if it may ask at all. */
export function answerPreflight(response: ServerResponse, methods: string): void {
  if (response.hasHeader('Access-Control-Allow-Origin')) {
    response.setHeader('Access-Control-Allow-Methods', methods);
    response.setHeader('Access-Control-Allow-Headers', ALLOWED_HEADERS);
    response.setHeader('Access-Control-Max-Age', MAX_AGE_S);
  }
  response.writeHead(204, { allow: `${methods}, OPTIONS` });
  response.end();
}
