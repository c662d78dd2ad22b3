import { createServer } from 'node:net';

/** What a machine answers whose IPv6 is off. */
const NO_IPV6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

/** The host to listen on for every address of the machine: `::` takes IPv4 too, unless the machine has no IPv6. */
export async function anyAddress(canListen: (host: string) => Promise<void> = tryToListen): Promise<string> {
  try {
    await canListen('::');
    return '::';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (NO_IPV6.includes(code)) return '0.0.0.0';
    throw error;
  }
}

function tryToListen(host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host }, () => server.close(() => resolve()));
  });
}
