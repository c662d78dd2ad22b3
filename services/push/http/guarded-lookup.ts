import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** As `dns.lookup` gives all addresses of a name. */
export type ResolveAll = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** For an answer, of each try. */
const DNS_TIMEOUT_MS = 2_000;
const DNS_TRIES = 2;

interface NameServers {
  /** Addresses with ports; without them the machine's own. */
  readonly servers?: readonly string[];
  readonly timeoutMs?: number;
}

/** The name leads into a network that is not the internet. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
}

/**
 * Resolves a name for a connection that is about to be made, and lets it be made only where every address is public. It is the
 * connection's own look-up: what was checked is what is connected to, whatever the name resolves to a moment later. What the
 * operator knows to be at home is resolved as the machine does it, with its file of hosts.
 */
export function guardedLookup(
  mayBePrivate: (hostname: string) => boolean,
  { atHome = lookup, elsewhere = askNameServers() }: { atHome?: ResolveAll; elsewhere?: ResolveAll } = {},
): LookupFunction {
  return (hostname, options, done) => {
    const isAtHome = mayBePrivate(hostname);
    const resolve = isAtHome ? atHome : elsewhere;
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = error === null ? addresses : [];
      if (first === undefined) {
        done(error ?? new Error(`${hostname} has no address`), []);
      } else if (!isAtHome && !addresses.every(({ address }) => isPublicAddress(address))) {
        done(new PrivateAddressError(`${hostname} resolves to an address that is not public`), []);
      } else if (options.all === true) {
        done(null, addresses);
      } else {
        done(null, first.address, first.family);
      }
    });
  };
}

/**
 * Asks name servers by itself. `dns.lookup` waits in one of the few threads of the process: names whose servers never answer,
 * which anybody may register, would hold up all others.
 */
export function askNameServers({ servers, timeoutMs = DNS_TIMEOUT_MS }: NameServers = {}): ResolveAll {
  return (hostname, { family = 0 }, done) => {
    const resolver = new Resolver({ timeout: timeoutMs, tries: DNS_TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const wants = (version: 4 | 6) => family === 0 || family === version || family === `IPv${version}`;
    const ipv4 = async () => (await resolver.resolve4(hostname)).map((address) => ({ address, family: 4 }));
    const ipv6 = async () => (await resolver.resolve6(hostname)).map((address) => ({ address, family: 6 }));
    const asked = [...(wants(4) ? [ipv4()] : []), ...(wants(6) ? [ipv6()] : [])];
    void Promise.allSettled(asked).then((answers) => {
      const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      const failed = addresses.length === 0 && answers.some(({ status }) => status === 'rejected');
      done(failed ? new Error(`${hostname} cannot be resolved`) : null, addresses);
    });
  };
}
