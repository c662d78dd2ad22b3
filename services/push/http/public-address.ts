import { isIP } from 'node:net';
import { NetworkSet, parseNetwork } from '../../../shared/config/networks.ts';

const networks = (list: string) => new NetworkSet(list.split(' ').flatMap((one) => parseNetwork(one) ?? []));

/** What IANA lists as not reachable from everywhere, with multicast and what is reserved (RFC 6890). */
const notPublicIpv4 = networks(
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 ' +
    '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
);

/** The only part of IPv6 that is given out to the internet: neither loopback nor mapped IPv4 nor NAT64 is in it. */
const globalIpv6 = networks('2000::/3');
/** Of that, protocols such as Teredo and 6to4, which lead to an IPv4 address within, and what stands in books. */
const notPublicIpv6 = networks('2001::/23 2001:db8::/32 2002::/16 3fff::/20');

/** Whether it is an address of somebody on the internet; `false` for what is no address. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !notPublicIpv4.has(address);
  return version === 6 && globalIpv6.has(address) && !notPublicIpv6.has(address);
}
