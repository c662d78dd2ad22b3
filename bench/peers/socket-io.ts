import { socketServer } from './socket-server.ts';
import { packageFolder } from './packages.ts';

const VERSION = '4.8.3';

/** With the WebSocket transport alone. */
export const socketIo = socketServer(
  'socket.io 4',
  'socket-io.main.js',
  [],
  ({ room }) => ({ path: `/socket.io/?EIO=4&transport=websocket&room=${room}`, hello: '40', ready: '40{' }),
  async (cache) => ({ PACKAGE: await packageFolder(cache, 'socket.io', VERSION) }),
);
