import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { NetworkSet } from '../config/networks.ts';
import { networkOf } from '../core/address-network.ts';

/** Of a request: what tells where it comes from. */
export interface Origin {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

export interface Client {
  readonly address: string;
  /** What limits count it by. */
  readonly network: string;
  /** Whether a trusted proxy names it, and as no other proxy; anybody may stand behind any other address. */
  readonly isNamed: boolean;
  /** Whether a header says that it passes on somebody else's request, and nobody whom we trust says whose. */
  readonly isForwarded: boolean;
}

/** What listens on `::` sees IPv4 peers so, and hands them on so. */
const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

/** Headers of a request that somebody passed on. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'];

/** One `name=value` of RFC 7239, and what ends it. */
const PAIR = /[ \t]*([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)[ \t]*([;,]|$)/y;
/** An address as proxies write it: IPv6 in brackets, a port behind it, which may be obfuscated (RFC 7239, 6). */
const WITH_BRACKETS = /^\[([^\]]*)\](?::(?:\d{1,5}|_[\w.-]+))?$/;
const WITH_PORT = /^([\d.]+):(?:\d{1,5}|_[\w.-]+)$/;

/**
 * Whose request it is. A proxy appends the address of its own peer to X-Forwarded-For, or to Forwarded (RFC 7239), so the
 * header is read from its end, and only as far as each address that wrote to it is a trusted proxy's: what stands before is
 * hearsay. Where both are there, X-Forwarded-For counts: more proxies write it, and pass the other on as it came.
 */
export class ClientAddresses {
  constructor(private readonly proxies: Pick<NetworkSet, 'has'>) {}

  of({ socket, headers }: Origin): Client {
    const peer = (socket.remoteAddress ?? '').replace(MAPPED_IPV4, '');
    const hops = hopsOf(headers);
    if (hops === undefined || !this.proxies.has(peer)) {
      const isForwarded = FORWARDED.some((name) => headers[name] !== undefined);
      return { address: peer, network: networkOf(peer), isNamed: false, isForwarded };
    }
    const addresses = hops.map(addressIn);
    const last = addresses.findLastIndex((address) => address === undefined || !this.proxies.has(address));
    const at = Math.max(last, 0);
    const address = addresses[at];
    const network = networkOf(address ?? peer);
    if (address === undefined) return { address: peer, network, isNamed: false, isForwarded: true };
    return { address, network, isNamed: last !== -1, isForwarded: at > 0 };
  }
}

/** Several headers of a name come joined by commas, in their order. */
function hopsOf(headers: IncomingHttpHeaders): readonly string[] | undefined {
  const { 'x-forwarded-for': forwardedFor, forwarded } = headers;
  if (forwardedFor !== undefined) return String(forwardedFor).split(',');
  return forwarded === undefined ? undefined : hopsIn(forwarded);
}

/** The `for` of each element; empty where one has none, and for all that cannot be read. */
function hopsIn(forwarded: string): readonly string[] {
  const hops = [''];
  for (PAIR.lastIndex = 0; PAIR.lastIndex < forwarded.length;) {
    const found = PAIR.exec(forwarded);
    if (found === null) return [''];
    const [, name = '', value = '', end] = found;
    if (name.toLowerCase() === 'for') hops[hops.length - 1] = value.replace(/^"|"$|\\(?=.)/g, '');
    if (end === ',') hops.push('');
  }
  return hops;
}

/** Without its port, and without a zone, which means nothing on another machine and may be of any length. */
function addressIn(hop: string): string | undefined {
  const text = hop.trim();
  const address = WITH_BRACKETS.exec(text)?.[1] ?? WITH_PORT.exec(text)?.[1] ?? text;
  if (isIP(address) === 0 || address.includes('%')) return undefined;
  return address.replace(MAPPED_IPV4, '');
}
