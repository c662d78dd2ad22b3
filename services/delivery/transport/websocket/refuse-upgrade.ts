import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemFor, type Refusal } from '../http/answer.ts';

/** Answers an upgrade as any other request that is refused (RFC 9457), and keeps nothing of it. */
export function refuseUpgrade(socket: Socket, refusal: Refusal): void {
  const { status, headers, body } = problemFor(refusal);
  const all = { ...headers, Connection: 'close', 'Content-Length': body.byteLength };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.cork();
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`);
  socket.end(body, () => socket.destroy());
  socket.uncork();
}
