import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { errorText } from '../../shared/service/error-text.ts';
import type { Endpoint } from '../core/endpoint.ts';
import { okUnless, unneeded, type Check, type Finding, type Outcome } from '../core/examination.ts';
import { certificateProblem } from '../core/certificate.ts';
import type { Target } from './target.ts';

type Endpoints = (target: Target) => readonly Endpoint[];

/** Name, port and certificate of what listens in one place, or several: three checks, each with the one before it as its need. */
export function reachable(name: string, endpoints: Endpoints, none: string): readonly Check<Target>[] {
  const each =
    (look: (endpoint: Endpoint, waitMs: number) => Promise<Finding | undefined>, done: string) =>
    async (target: Target): Promise<Outcome> => {
      const all = endpoints(target);
      if (all.length === 0) return unneeded(none);
      const findings = await Promise.all(all.map((endpoint) => look(endpoint, target.waitMs)));
      const places = all.map(placeOf).join(', ');
      return okUnless(
        findings.filter((one) => one !== undefined),
        `${places} ${done}`,
      );
    };
  return [
    { name: `${name}.dns`, run: each(lookUp, 'has an address') },
    { name: `${name}.port`, needs: [`${name}.dns`], run: each(open, 'is open') },
    {
      name: `${name}.tls`,
      needs: [`${name}.port`],
      run: (target) =>
        endpoints(target).some(({ isTls }) => isTls)
          ? each(handshake, 'has a certificate that is trusted')(target)
          : unneeded(endpoints(target).length === 0 ? none : 'no TLS on this way'),
    },
  ];
}

function placeOf({ hostname, port }: Endpoint): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}

async function lookUp({ who, hostname }: Endpoint): Promise<Finding | undefined> {
  try {
    await lookup(hostname);
    return undefined;
  } catch (error) {
    return {
      problem: `${hostname} (${who}) has no address: ${errorText(error)}`,
      cure: 'correct the name, or the DNS record; in compose it is the name of the service',
    };
  }
}

async function open(endpoint: Endpoint, waitMs: number): Promise<Finding | undefined> {
  const socket = connectTcp({ host: endpoint.hostname, port: endpoint.port });
  const got = await reached(socket, 'connect', waitMs, () => true);
  if ('value' in got) return undefined;
  const cure = got.why.includes('ECONNREFUSED')
    ? 'start it, or correct host and port: docker compose ps shows what runs and where its ports are'
    : 'let the firewall through, or correct host and port';
  return { problem: `nothing takes connections at ${placeOf(endpoint)} (${endpoint.who}): ${got.why}`, cure };
}

async function handshake(endpoint: Endpoint, waitMs: number): Promise<Finding | undefined> {
  if (!endpoint.isTls) return undefined;
  const { hostname: host, port } = endpoint;
  // RFC 6066 section 3: an address is no name to ask for.
  const name = isIP(host) === 0 ? { servername: host } : {};
  // What is wrong with the certificate is to be read, not thrown.
  const socket = connectTls({ host, port, ...name, rejectUnauthorized: false });
  const got = await reached(socket, 'secureConnect', waitMs, () => certificateOf(socket));
  if ('value' in got) return certificateProblem(placeOf(endpoint), got.value, new Date());
  return {
    problem: `no TLS at ${placeOf(endpoint)}: ${got.why}`,
    cure: 'give it a certificate, or use the scheme without TLS (ws, http, amqp) inside the own network',
  };
}

function certificateOf(socket: TLSSocket) {
  // Typed as an error, and a code.
  const error = socket.authorizationError as unknown;
  return {
    error: socket.authorized ? undefined : error instanceof Error ? errorText(error) : String(error),
    endsAt: new Date(socket.getPeerCertificate().valid_to),
  };
}

/** What is read once the socket gets as far as `event`, or why it does not; closes it. */
function reached<Value>(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  waitMs: number,
  read: () => Value,
): Promise<{ readonly value: Value } | { readonly why: string }> {
  return new Promise((resolve) => {
    const done = (outcome: { readonly value: Value } | { readonly why: string }) => {
      clearTimeout(timer);
      resolve(outcome);
      socket.destroy();
    };
    const timer = setTimeout(() => done({ why: `no answer within ${waitMs / 1000} s` }), waitMs);
    socket.once(event, () => done({ value: read() }));
    socket.on('error', (error) => done({ why: errorText(error) }));
    socket.once('close', () => done({ why: 'the connection was closed' }));
  });
}
