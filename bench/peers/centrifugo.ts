import jwt from 'jsonwebtoken';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../tools/broker/ports.ts';
import { API_KEY, SECRET } from '../hostile/pair.ts';
import { Posts } from '../load/posts.ts';
import { dataOf } from './event-data.ts';
import { goProgram } from './packages.ts';
import type { Peer, RunningPeer, World } from './peer.ts';
import { startRedis } from './redis.ts';
import { startServer, type ServerProcess } from './server-process.ts';

const MODULE = 'github.com/centrifugal/centrifugo/v6';
const VERSION = 'v6.9.1';
/** Each room keeps its last events for clients that come back, as roomcast's history does. */
const HISTORY = { history_size: 100, history_ttl: '300s', force_recovery: true };
/** The clients of the benchmark do not speak its heartbeat. */
const PING_INTERVAL = '3600s';

/** Keeps nothing: an event that nobody hears is gone. */
export const centrifugo: Peer = {
  name: 'Centrifugo',
  start: async (world) => run(world, 'centrifugo', undefined),
};

/** History in Redis with an append-only file: what it has accepted survives it, as in roomcast. */
export const centrifugoRedis: Peer = {
  name: 'Centrifugo with Redis',
  start: async (world) => run(world, 'centrifugo-redis', await startRedis(world)),
};

async function run(
  { folder: parent, cache }: World,
  name: string,
  redis: (ServerProcess & { readonly url: string }) | undefined,
): Promise<RunningPeer> {
  const program = await goProgram(cache, MODULE, VERSION);
  const port = await freePort();
  const folder = join(parent, `${name}-${port}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(configuration(port, redis?.url)));
  const server = await startServer(program, ['-c', 'config.json'], { folder, port });
  const posts = new Posts(port, '/api/publish', { 'x-api-key': API_KEY });
  return {
    pids: { server: [server.pid], ...(redis && { redis: [redis.pid] }) },
    target: ({ person, room }) => {
      const claims = { sub: String(person.id), channels: [room] };
      const token = jwt.sign(claims, SECRET, { algorithm: 'HS256', expiresIn: 3_600 });
      const hello = JSON.stringify({ id: 1, connect: { token } });
      return { port, path: '/connection/websocket', hello, ready: '"connect":{' };
    },
    publish: (event) => posts.post(JSON.stringify({ channel: event.room, data: dataOf(event) })),
    stop: async () => {
      posts.close();
      await server.stop();
      await redis?.stop();
    },
  };
}

function configuration(port: number, redisUrl: string | undefined) {
  return {
    http_server: { address: '127.0.0.1', port },
    http_api: { key: API_KEY },
    client: { token: { hmac_secret_key: SECRET }, ping_interval: PING_INTERVAL, pong_timeout: '60s' },
    usage_stats: { disabled: true },
    ...(redisUrl !== undefined && {
      engine: { type: 'redis', redis: { address: [redisUrl] } },
      channel: { without_namespace: HISTORY },
    }),
  };
}
