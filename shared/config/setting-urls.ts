/** Characters that end a user name or password in a URL where they stand as they are. */
const ESCAPES = 'in a user name or password write % / ? # @ : and a comma as %25 %2F %3F %23 %40 %3A %2C';
const MAX_HEARTBEAT_S = 65_535;

/** What a URL may consist of. */
export interface UrlForm {
  /** A whole one, as an operator would write it. */
  readonly example: string;
  readonly schemes: readonly string[];
  /** Whether a user and a password may stand in it; else what to do instead. */
  readonly credentials: true | string;
  /** Whether a path may; else what becomes of it. */
  readonly path: true | string;
}

/** Why a URL can never work and what to write instead, without any of its text: that may be a password. */
export function urlProblem(text: string, form: UrlForm): string | undefined {
  const { example, schemes, credentials, path } = form;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || !schemes.includes(scheme)) {
    return `must begin with ${schemes.map((name) => `${name}://`).join(' or ')}, such as ${example}`;
  }
  if (!URL.canParse(text)) {
    return `is no URL with a host and a port from 1 to 65535, such as ${example}; ${ESCAPES}`;
  }
  const url = new URL(text);
  if (url.hostname === '') return `names no host: expected something like ${example}`;
  if (url.port === '0') return `has port 0: expected one from 1 to 65535, such as ${example}`;
  if (![url.username, url.password, url.pathname].every(isDecodable)) {
    return `has a % that no two hexadecimal digits follow: write it as %25; ${ESCAPES}`;
  }
  const hasUser = `${url.username}${url.password}` !== '';
  if (credentials !== true && hasUser) return `has a user or password in it, ${credentials}`;
  if (url.hash !== '' || (!hasUser && `${url.pathname}${url.search}`.includes('@'))) {
    return `ends early at one of / ? #: expected something like ${example}; ${ESCAPES}`;
  }
  if (path !== true && (url.search !== '' || !/^\/?$/.test(url.pathname))) {
    return `has a path, ${path}: write it as ${example}`;
  }
  return undefined;
}

const BROKER: UrlForm = {
  example: 'amqp://user:password@host:5672/vhost',
  schemes: ['amqp', 'amqps'],
  credentials: true,
  path: true,
};

/** Of AMQP_URL: one URL, or one for each node of a cluster with commas between. */
export function brokerUrlsProblem(list: string): string | undefined {
  const urls = list.split(',').map((url) => url.trim());
  for (const [index, url] of urls.entries()) {
    const problem = brokerUrlProblem(url);
    if (problem === undefined) continue;
    return urls.length === 1 ? problem : `URL ${index + 1} of ${urls.length} ${problem}`;
  }
  return undefined;
}

function brokerUrlProblem(url: string): string | undefined {
  if (url === '') return 'is blank: put one comma between two URLs, and none at the end';
  const problem = urlProblem(url, BROKER);
  if (problem !== undefined) return problem;
  const heartbeat = new URL(url).searchParams.get('heartbeat');
  if (heartbeat === null || (/^\d+$/.test(heartbeat) && Number(heartbeat) <= MAX_HEARTBEAT_S))
    return undefined;
  return `has a heartbeat that is no number of seconds from 0 to ${MAX_HEARTBEAT_S}: write ?heartbeat=5, or leave it out`;
}

/** Of the management plugin; where it has a path prefix, with that. */
export function managementUrlProblem(url: string): string | undefined {
  const example = 'http://user:password@host:15672';
  const problem = urlProblem(url, { example, schemes: ['http', 'https'], credentials: true, path: true });
  if (problem !== undefined) return problem;
  const { pathname, search } = new URL(url);
  if (search === '' && !/\/api\/?$/.test(pathname)) return undefined;
  return `has /api or a query at its end, which is put there by itself: write it as ${example}`;
}

/** The base of a collector's OTLP over HTTP. */
export function collectorUrlProblem(url: string): string | undefined {
  const example = 'http://collector:4318';
  const problem = urlProblem(url, {
    example,
    schemes: ['http', 'https'],
    credentials: 'which are not sent: set OTEL_EXPORTER_OTLP_HEADERS=authorization=… instead',
    path: true,
  });
  if (problem !== undefined) return problem;
  const { pathname, search } = new URL(url);
  if (search === '' && !/\/v1\/traces\/?$/.test(pathname)) return undefined;
  return `has /v1/traces or a query at its end, which is put there by itself: write it as ${example}`;
}

/** The health port of another service. */
export function peerUrlProblem(url: string): string | undefined {
  return urlProblem(url, {
    example: 'http://ingest:8083',
    schemes: ['http', 'https'],
    credentials: 'and a health port asks for none: write it as http://ingest:8083',
    path: 'and a health port is asked at its root',
  });
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
