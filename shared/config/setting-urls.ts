/** Characters that end a user name or password in a URL where they stand as they are. */
const ESCAPES = 'in a user name or password write % / ? # @ : and a comma as %25 %2F %3F %23 %40 %3A %2C';
const MAX_HEARTBEAT_S = 65_535;

/** What a URL may consist of. */
export interface UrlForm {
  /** A whole one, as an operator would write it. */
  readonly example: string;
  /** Without them http and https. */
  readonly schemes?: readonly string[];
  /** What to do instead of a user and a password in it, where none may stand. */
  readonly noCredentials?: string;
  /** What becomes of a path, where none may stand. */
  readonly noPath?: string;
  /** A path that is put behind this one by itself. */
  readonly added?: string;
}

/** Why a URL can never work and what to write instead, without any of its text: that may be a password. */
export function urlProblem(text: string, form: UrlForm): string | undefined {
  const { example, schemes = ['http', 'https'], noCredentials, noPath, added } = form;
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
  if (noCredentials !== undefined && hasUser) return `has a user or password in it, ${noCredentials}`;
  if (url.hash !== '' || (!hasUser && `${url.pathname}${url.search}`.includes('@'))) {
    return `ends early at one of / ? #: expected something like ${example}; ${ESCAPES}`;
  }
  if (noPath !== undefined && (url.search !== '' || !/^\/?$/.test(url.pathname))) {
    return `has a path, ${noPath}: write it as ${example}`;
  }
  if (added !== undefined && (url.search !== '' || url.pathname.replace(/\/$/, '').endsWith(added))) {
    return `has ${added} or a query at its end, which is put there by itself: write it as ${example}`;
  }
  return undefined;
}

const brokerForm: UrlForm = {
  example: 'amqp://user:password@host:5672/vhost',
  schemes: ['amqp', 'amqps'],
};

/** Of the management plugin; where it has a path prefix, with that. */
export const managementForm: UrlForm = { example: 'http://user:password@host:15672', added: '/api' };

/** The base of a collector's OTLP over HTTP. */
export const collectorForm: UrlForm = {
  example: 'http://collector:4318',
  noCredentials: 'which are not sent: set OTEL_EXPORTER_OTLP_HEADERS=authorization=… instead',
  added: '/v1/traces',
};

/** The health port of another service. */
export const peerForm: UrlForm = {
  example: 'http://ingest:8083',
  noCredentials: 'and a health port asks for none: write it as http://ingest:8083',
  noPath: 'and a health port is asked at its root',
};

/** Of AMQP_URL: one URL, or one for each node of a cluster with commas between. */
export function brokerUrlsProblem(list: string): string | undefined {
  const urls = list.split(',').map((url) => url.trim());
  return problemsOf(urls, brokerUrlProblem)[0];
}

/** One for each that can never work; which one, where there are several. */
export function problemsOf(
  urls: readonly string[],
  problemOf: (url: string) => string | undefined,
): readonly string[] {
  return urls.flatMap((url, index) => {
    const which = urls.length === 1 ? '' : `URL ${index + 1} of ${urls.length} `;
    const problem = problemOf(url);
    return problem === undefined ? [] : [which + problem];
  });
}

function brokerUrlProblem(url: string): string | undefined {
  if (url === '') return 'is blank: put one comma between two URLs, and none at the end';
  const problem = urlProblem(url, brokerForm);
  if (problem !== undefined) return problem;
  const heartbeat = new URL(url).searchParams.get('heartbeat');
  if (heartbeat === null || (/^\d+$/.test(heartbeat) && Number(heartbeat) <= MAX_HEARTBEAT_S))
    return undefined;
  return `has a heartbeat that is no number of seconds from 0 to ${MAX_HEARTBEAT_S}: write ?heartbeat=5, or leave it out`;
}

/** Where an issuer publishes its keys: who can change the answer on its way here can be anybody. */
export function keySetUrlProblem(url: string): string | undefined {
  const example = 'https://login.example.org/.well-known/jwks.json';
  const noCredentials = `and keys are public: write it as ${example}`;
  const problem = urlProblem(url, { example, schemes: ['https', 'http'], noCredentials });
  if (problem !== undefined) return problem;
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return undefined;
  return 'must begin with https:// unless it is on this machine: http can be changed on its way';
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
