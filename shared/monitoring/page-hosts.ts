import { hostname } from 'node:os';
import { isIP } from 'node:net';

/**
 * Whether a page may be answered that was asked for under this `Host`. A page of somebody else's, whose name was made to
 * lead to this machine (DNS rebinding), asks under its own name; an address in its place is nobody's but ours.
 */
export class PageHosts {
  readonly #names: ReadonlySet<string>;

  /** `peers`: URLs under which services of ours are known. */
  constructor(allowed: readonly string[], peers: readonly string[]) {
    const known = ['localhost', hostname(), ...allowed, ...peers.map((url) => new URL(url).hostname)];
    this.#names = new Set(known.map((name) => name.toLowerCase()));
  }

  /** Only a browser can be misled, and it sends one. */
  has(host: string | undefined): boolean {
    if (host === undefined) return true;
    const name = host.replace(/:\d*$/, '').toLowerCase();
    return this.#names.has(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) > 0;
  }
}
