import type { Finding } from './examination.ts';

const CURE_HEADERS =
  'let the proxy pass the upgrade on: proxy_http_version 1.1 and the headers Upgrade and Connection, as in deploy/nginx/locations.conf';

const cures: Readonly<Record<number, string>> = {
  400: CURE_HEADERS,
  401: 'take the login of the proxy off this path: the token of roomcast is the one that counts',
  403: 'see the rules of the proxy, and ALLOWED_ORIGINS',
  404: 'point --url at the path that the proxy passes on to delivery, such as /ws',
  405: CURE_HEADERS,
  426: CURE_HEADERS,
  429: 'this address, or this user, connects too often: wait, and see TRUSTED_PROXIES, by which delivery tells clients apart',
  502: 'the proxy does not reach delivery: start it, and correct the address behind the proxy',
  503: 'delivery is full or stopping, or the proxy knows no instance of it: see its health',
  504: 'the proxy does not reach delivery: start it, and correct the address behind the proxy',
};

/** An answer other than 101. */
export function refusedUpgrade(url: string, status: number, location: string | undefined): Finding {
  if (location !== undefined) {
    const scheme = location.startsWith('https:') ? 'wss' : 'the scheme and path of that place';
    return {
      problem: `${url} is answered ${status}, a redirect, which WebSocket clients do not follow`,
      cure: `connect to where it points: ${scheme}`,
    };
  }
  const what = cures[status] === CURE_HEADERS ? ': the request to upgrade did not reach delivery' : '';
  return {
    problem: `${url} is answered ${status} instead of 101${what}`,
    cure: cures[status] ?? 'something else than delivery answers there: see the log of the proxy',
  };
}
