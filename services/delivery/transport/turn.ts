import type { Socket } from 'node:net';

const corked: Socket[] = [];

/**
 * Gathers what is written to a socket until the current callback has run, and hands it to the kernel in one call:
 * a burst of events costs one system call per socket instead of one per event, a single event waits for nothing.
 */
export function corkForThisTurn(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  if (corked.push(socket) === 1) process.nextTick(uncorkAll);
}

function uncorkAll(): void {
  for (const socket of corked.splice(0)) socket.uncork();
}
