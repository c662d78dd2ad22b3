import { socketServer } from './socket-server.ts';

export const bareWs = socketServer('bare ws', 'bare-ws.main.js', ['send']);
/** As often as roomcast by default (`PING_INTERVAL_MS`). */
export const pingingWs = socketServer('bare ws with pings', 'bare-ws.main.js', ['send', '25']);
export const bareWrite = socketServer('bare write', 'bare-ws.main.js', ['write']);
export const writeATick = socketServer('a write a tick', 'bare-ws.main.js', ['tick']);
