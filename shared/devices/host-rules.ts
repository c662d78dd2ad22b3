import { isIP } from 'node:net';

/** Why an address that a user gave is not asked. */
export type EndpointProblem =
  | 'no_url'
  | 'not_https'
  | 'has_credentials'
  | 'has_fragment'
  | 'ip_literal'
  | 'host_not_allowed'
  | 'port_not_allowed';

/** Any host; `*.example.org`: those below it; a name, with its port unless that is 443: this one, also in the office's own network. */
const RULE =
  /^(?:\*|\*\.[a-z0-9-]+(?:\.[a-z0-9-]+)*|(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\d+(?:\.\d+){3}|\[[0-9a-f:]+\])(?::[1-9]\d{0,4})?)$/;

const HTTPS_PORT = '443';

/**
 * Which hosts may be asked to push. An endpoint is a URL that a user gives and we fetch, so it leads nowhere but to https at
 * the port 443 of a name; what the operator names one by one may be elsewhere, and at an address that is not public.
 */
export class HostRules {
  readonly #named = new Set<string>();
  readonly #patterns: readonly string[];

  /** Each must be sound by `isHostRule`. */
  constructor(rules: readonly string[]) {
    this.#patterns = rules.filter((rule) => rule.startsWith('*'));
    for (const rule of rules) if (!rule.startsWith('*')) this.#named.add(withPort(rule));
  }

  problemOf(text: string): EndpointProblem | undefined {
    if (!URL.canParse(text)) return 'no_url';
    const url = new URL(text);
    if (url.protocol !== 'https:') return 'not_https';
    if (`${url.username}${url.password}` !== '') return 'has_credentials';
    if (url.hash !== '') return 'has_fragment';
    if (this.#isNamed(url)) return undefined;
    // The parser has made an address of every way to write one: 0x7f.1, 2130706433, 017700000001.
    if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return 'ip_literal';
    if (!this.#patterns.some((pattern) => matches(pattern, url.hostname))) return 'host_not_allowed';
    return url.port === '' ? undefined : 'port_not_allowed';
  }

  /** Whether the operator knows that it is at home. */
  mayBePrivate(hostname: string): boolean {
    return [...this.#named].some((rule) => rule.startsWith(`${hostname}:`));
  }

  #isNamed({ hostname, port }: URL): boolean {
    return this.#named.has(`${hostname}:${port === '' ? HTTPS_PORT : port}`);
  }
}

export function isHostRule(text: string): boolean {
  return RULE.test(text);
}

function withPort(rule: string): string {
  return /:\d+$/.test(rule) && !rule.endsWith(']') ? rule : `${rule}:${HTTPS_PORT}`;
}

function matches(pattern: string, hostname: string): boolean {
  return pattern === '*' || hostname.endsWith(pattern.slice(1));
}
