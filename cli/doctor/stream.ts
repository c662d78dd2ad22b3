import { fetchFailure } from '../../shared/service/fetch-failure.ts';
import { besideWebSocket, shownUrl } from '../core/endpoint.ts';
import { finding, ok, unneeded, type Outcome } from '../core/examination.ts';
import { tokenOf } from './session.ts';
import type { Target } from './target.ts';

const UNBUFFERED =
  'let the proxy pass it on as it comes: proxy_buffering off and no compression for /v1/stream, as in deploy/nginx/locations.conf';
const PASSED_ON = 'let the proxy pass /v1/stream on to delivery; --skip stream if no client of yours uses it';

/** Whether the event stream comes through as it is written: delivery sends its first bytes at once. */
export async function stream(target: Target): Promise<Outcome> {
  const token = tokenOf(target);
  if (target.delivery === undefined) return unneeded('delivery is not here: give --url');
  if (token === undefined) return unneeded('no token: give one by --token, or run it where JWT_SECRET is');
  const url = besideWebSocket(target.delivery, '/v1/stream');
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(new DOMException('late', 'TimeoutError')), target.waitMs);
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      redirect: 'manual',
      signal: ending.signal,
    });
    const type = response.headers.get('content-type') ?? 'no type';
    if (response.status !== 200 || !type.startsWith('text/event-stream')) {
      return finding(
        `${shownUrl(url)} is answered ${response.status} with ${type}, no event stream`,
        PASSED_ON,
      );
    }
    const first = await response.body?.getReader().read();
    return first?.done === false
      ? ok(`${shownUrl(url)} comes as it is written`)
      : finding(`${shownUrl(url)} ends before its first byte`, PASSED_ON);
  } catch (error) {
    if (!ending.signal.aborted) {
      const why = fetchFailure(error, { timeoutMs: target.waitMs, wrong: 'its answer cannot be read' });
      return finding(`${shownUrl(url)} cannot be read: ${why}`, PASSED_ON);
    }
    const waited = `within ${target.waitMs / 1000} s`;
    return finding(
      `something on the way buffers ${shownUrl(url)}: nothing came ${waited}, and delivery writes at once`,
      UNBUFFERED,
    );
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
}
