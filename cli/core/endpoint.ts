/** Something that listens, as far as it may be shown: no user, password, query or token. */
export interface Endpoint {
  /** Who should be there. */
  readonly who: string;
  readonly hostname: string;
  readonly port: number;
  readonly isTls: boolean;
}

const standardPorts: Readonly<Record<string, number>> = {
  'http:': 80,
  'ws:': 80,
  'https:': 443,
  'wss:': 443,
  'amqp:': 5672,
  'amqps:': 5671,
};

export function endpointOf(who: string, { protocol, hostname, port }: URL): Endpoint {
  return {
    who,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (standardPorts[protocol] ?? 0) : Number(port),
    isTls: ['https:', 'wss:', 'amqps:'].includes(protocol),
  };
}

export function shownUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

/** The same place by another scheme of the pair `http`, `ws`. */
export function withScheme(url: URL, scheme: 'http' | 'ws'): URL {
  const changed = url.href.replace(/^(http|ws)/, scheme);
  return new URL(changed);
}

/** Beside the path of the WebSocket: `/app/ws` has its stream at `/app/v1/stream`. */
export function besideWebSocket(url: URL, path: string): URL {
  const beside = withScheme(url, 'http');
  beside.pathname = `${url.pathname.replace(/\/(ws)?$/, '')}${path}`;
  beside.search = '';
  return beside;
}
