import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { NetworkSet } from './networks.ts';

/** Of a request: what tells where it comes from. */
export interface Origin {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

export interface Client {
  readonly address: string;
  /** Whether a header says that it passes on somebody else's request, and nobody whom we trust says whose. */
  readonly passesOn: boolean;
}

/** What listens on `::` sees IPv4 peers so. */
const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

/** Headers of a request that somebody passed on. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'];

/**
 * Whose request it is. A proxy appends the address of its own peer to X-Forwarded-For, so the header is read from its
 * end, and only as far as each address that wrote to it is a trusted proxy's: what stands before is hearsay.
 */
export class ClientAddresses {
  constructor(private readonly proxies: Pick<NetworkSet, 'has'>) {}

  of({ socket, headers }: Origin): Client {
    const peer = (socket.remoteAddress ?? '').replace(MAPPED_IPV4, '');
    const forwardedFor = headers['x-forwarded-for'];
    if (forwardedFor === undefined || !this.proxies.has(peer)) {
      return { address: peer, passesOn: FORWARDED.some((name) => headers[name] !== undefined) };
    }
    // Several headers of the name come joined by commas, in their order.
    const hops = String(forwardedFor)
      .split(',')
      .map((hop) => hop.trim());
    const last = hops.findLastIndex((hop) => !isAddress(hop) || !this.proxies.has(hop));
    const at = Math.max(last, 0);
    const address = hops[at] ?? '';
    if (!isAddress(address)) return { address: peer, passesOn: true };
    return { address, passesOn: at > 0 };
  }
}

/** Without a zone, which means nothing on another machine and may be of any length. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}
