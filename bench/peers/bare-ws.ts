import { socketServer } from './socket-server.ts';

export const bareWs = socketServer('bare ws', 'bare-ws.main.js', ['send']);
export const bareWrite = socketServer('bare write', 'bare-ws.main.js', ['write']);
export const writeATick = socketServer('a write a tick', 'bare-ws.main.js', ['tick']);
