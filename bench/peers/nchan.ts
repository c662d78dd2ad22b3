import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutables } from '../../tools/broker/executables.ts';
import { freePort } from '../../tools/broker/ports.ts';
import { Posts } from '../load/posts.ts';
import { dataOf } from './event-data.ts';
import { PeerMissing, type Peer, type RunningPeer, type World } from './peer.ts';
import { startServer } from './server-process.ts';

/** Where Debian's package puts it. */
const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so';

/** nginx with its publish and subscribe module; a room's last events are kept in memory. */
export const nchan: Peer = { name: 'nchan', start: run };

async function run(world: World): Promise<RunningPeer> {
  const [nginx] = findExecutables('nginx');
  if (nginx === undefined || !existsSync(MODULE)) {
    throw new PeerMissing('no nginx with nchan: apt-get install libnginx-mod-nchan');
  }
  const port = await freePort();
  const folder = join(world.folder, `nchan-${port}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'nginx.conf'), configuration(port));
  const server = await startServer(nginx, ['-p', folder, '-c', 'nginx.conf'], { folder, port });
  const posts = new Map<string, Posts>();
  const postsOf = (room: string) => {
    const known = posts.get(room) ?? new Posts(port, `/publish?id=${room}`, {});
    posts.set(room, known);
    return known;
  };
  return {
    pids: { server: [server.pid] },
    target: ({ room }) => ({ port, path: `/subscribe?id=${room}`, ready: '\r\n\r\n' }),
    publish: (event) => postsOf(event.room).post(JSON.stringify(dataOf(event))),
    stop: async () => {
      for (const each of posts.values()) each.close();
      await server.stop();
    },
  };
}

function configuration(port: number): string {
  return `daemon off;
worker_processes auto;
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log error.log;
load_module ${MODULE};
events { worker_connections 16000; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /publish { nchan_publisher; nchan_channel_id $arg_id; nchan_message_buffer_length 100; }
    location = /subscribe { nchan_subscriber websocket; nchan_channel_id $arg_id; nchan_subscriber_first_message newest; }
  }
}
`;
}
