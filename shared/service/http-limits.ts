import type { Server } from 'node:http';

/** Options of a server whose requests are small: within them a client sends its headers, and all of its request. */
export const smallRequests = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  /** How often Node looks; its default of 30 s would make shorter limits meaningless. */
  connectionsCheckingInterval: 1_000,
} as const;

/**
 * Node runs every request that has come on a connection, whether those before it are answered or not: a read of 64 KiB may
 * hold thousands. Beyond so many the connection is cut; the last answer says `Connection: close` to those that wait for it.
 */
export function limitRequests(server: Server, perConnection: number): void {
  server.maxRequestsPerSocket = perConnection;
  server.on('dropRequest', (_request, socket) => socket.destroy());
}
