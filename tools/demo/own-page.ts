import { PageHosts } from '../../shared/monitoring/page-hosts.ts';

interface Asked {
  readonly method?: string | undefined;
  readonly headers: { readonly host?: string | undefined; readonly origin?: string | undefined };
}

const hosts = new PageHosts([], []);

/**
 * Why a request is not answered; `undefined` for those of our own page. Any page that is open in the browser reaches this
 * port: a request that changes something, or opens a WebSocket, must name ours as its origin, which browsers do not let a page forge.
 */
export function refusalOf({ method = 'GET', headers }: Asked, opensSocket = false): string | undefined {
  const { host, origin } = headers;
  if (host === undefined || !hosts.has(host)) return 'Come by address or as localhost.';
  if (method === 'GET' && !opensSocket) return undefined;
  return origin === `http://${host}` ? undefined : 'Only the page that this server gave out may do that.';
}
