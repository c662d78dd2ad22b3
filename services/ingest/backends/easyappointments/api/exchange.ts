import type { Secret } from '../../../../../shared/config/env.ts';
import { errorText } from '../../../../../shared/service/error-text.ts';
import { isOnlyStray, jsonIn, strayIn, type Answer } from './json-in.ts';
import { ApiFailure, wrongAddress } from './failure.ts';

export interface Site {
  /** Of the API, with a slash at its end. */
  readonly base: string;
  readonly token: Secret<string>;
  /** For a whole answer to arrive. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
}

const TOKEN_HINT =
  'EASYAPPOINTMENTS_API_TOKEN must be the API token of its settings (Settings, Integrations, API), and the web server must pass the header Authorization on to PHP';

/**
 * One question and its answer, without a value where there is no such row. Throws an ApiFailure for everything else that
 * is not a JSON document, and the signal's reason when that is aborted.
 */
export async function ask(
  site: Site,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const url = site.base + path;
  const search = new URLSearchParams(query).toString();
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  const timeout = setTimeout(onAbort, site.timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const response = await fetch(search === '' ? url : `${url}?${search}`, {
      headers: { accept: 'application/json', authorization: `Bearer ${site.token.reveal()}` },
      // The token goes to the address that the operator gave, and nowhere else.
      redirect: 'manual',
      signal: stop.signal,
    });
    return answerIn(response, await bodyOf(response, site.maxResponseBytes), url);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiFailure) throw error;
    const why = stop.signal.aborted ? `no answer within ${site.timeoutMs} ms` : causeOf(error);
    throw new ApiFailure('unreachable', `${url} cannot be reached: ${why}`);
  } finally {
    // Also a body that was not read to its end is let go.
    stop.abort();
    clearTimeout(timeout);
    signal.removeEventListener('abort', onAbort);
  }
}

function answerIn({ status, headers }: Response, body: string, url: string): Answer {
  if (status === 401 || status === 403) {
    throw new ApiFailure('unauthorized', `${url} answered ${status}: ${TOKEN_HINT}`);
  }
  if (status === 429) {
    const message = `${url} answered 429: other programs may use its limit too`;
    throw new ApiFailure('rate_limited', message, retryAfterIn(headers));
  }
  if (status >= 500) {
    throw new ApiFailure('server_error', `${url} answered ${status}: its own log says why`);
  }
  // The application's own 404 is empty; a page comes from a web server that does not know the path.
  if (status === 404 && isOnlyStray(body)) {
    return { value: undefined, stray: body.trim() === '' ? undefined : strayIn(body) };
  }
  if (status >= 300 && status < 400)
    throw wrongAddress(url, `${status}, a redirect${targetOf(headers, url)}`);
  if (status === 404) {
    const what = '404 with a page of the web server, where the application would say it without one';
    throw wrongAddress(url, what, { isMissing: true });
  }
  if (status !== 200) throw wrongAddress(url, `${status}`);
  const found = jsonIn(body);
  if (found !== undefined) return found;
  if (body.trim() !== '' && isOnlyStray(body)) {
    const message = `${url} answered with ${strayIn(body)} and no JSON: its own log says why`;
    throw new ApiFailure('server_error', message);
  }
  const isPage = /\bhtml\b/i.test(headers.get('content-type') ?? '');
  throw wrongAddress(url, isPage ? 'with a web page' : 'with something that is not JSON');
}

async function bodyOf(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> = response.body;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new ApiFailure(
        'too_large',
        `${response.url.split('?')[0] ?? ''} answered more than ${maxBytes} bytes: raise EASYAPPOINTMENTS_MAX_RESPONSE_BYTES`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Where it leads, without a query, in which secrets may stand. */
function targetOf(headers: Headers, url: string): string {
  const location = headers.get('location') ?? '';
  if (!URL.canParse(location, url)) return '';
  const { origin, pathname } = new URL(location, url);
  return ` to ${origin}${pathname}`;
}

/** Seconds, or a date by the clock of the site, RFC 9110 section 10.2.3. */
function retryAfterIn(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value.trim())
    ? Number(value) * 1000
    : Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** `fetch` says only that it failed; its cause says how. */
function causeOf(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return errorText(cause ?? error);
}
