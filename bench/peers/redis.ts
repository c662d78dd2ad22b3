import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutables } from '../../tools/broker/executables.ts';
import { freePort } from '../../tools/broker/ports.ts';
import { PeerMissing, type World } from './peer.ts';
import { startServer, type ServerProcess } from './server-process.ts';

/** A Redis of our own that writes what it takes to disk, once a second as it does by default. */
export async function startRedis(world: World): Promise<ServerProcess & { readonly url: string }> {
  const [program] = findExecutables('redis-server');
  if (program === undefined)
    throw new PeerMissing('no redis-server on the PATH: apt-get install redis-server');
  const port = await freePort();
  const folder = join(world.folder, `redis-${port}`);
  mkdirSync(folder, { recursive: true });
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--appendonly', 'yes', '--save', ''];
  const { pid, stop } = await startServer(program, args, { folder, port });
  return { pid, stop, url: `redis://127.0.0.1:${port}` };
}
