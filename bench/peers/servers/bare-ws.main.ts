import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerCalls } from '../../load/answer-calls.ts';
import type { ServerCalls } from '../socket-server.ts';
import { textFrame } from './text-frame.ts';
import { listen, listenForLines, Rooms } from './rooms-by-line.ts';

/**
 * `bare-ws.main.js send | write | tick`: the least that a server with `ws` can do for a room. `send`: ws's own call for each socket;
 * `write`: one write of a frame that is made once; `tick`: one write for all frames of a turn of the event loop. A second argument:
 * every socket is pinged once in so many seconds.
 */
const [how = 'send', pingSeconds] = process.argv.slice(2);
const rooms = new Rooms<{ readonly ws: WebSocket; readonly socket: Socket }>();
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
let waiting = new Map<string, Buffer[]>();

sockets.on('connection', (ws, request) => {
  const room = new URL(request.url ?? '', 'ws://localhost').searchParams.get('room') ?? '';
  ws.on('close', rooms.enter(room, { ws, socket: request.socket }));
});

const ways: Readonly<Record<string, (room: string, text: string) => void>> = {
  send: (room, text) => {
    for (const { ws } of rooms.of(room)) ws.send(text);
  },
  write: (room, text) => {
    const frame = textFrame(text);
    for (const { socket } of rooms.of(room)) socket.write(frame);
  },
  tick: (room, text) => {
    if (waiting.size === 0) setImmediate(flush);
    const frames = waiting.get(room) ?? [];
    waiting.set(room, frames);
    frames.push(textFrame(text));
  },
};

function flush(): void {
  const written = waiting;
  waiting = new Map();
  for (const [room, frames] of written) {
    const bytes = Buffer.concat(frames);
    for (const { socket } of rooms.of(room)) socket.write(bytes);
  }
}

if (pingSeconds !== undefined) pingAll(Number(pingSeconds));

/** Each second a share of them. */
function pingAll(seconds: number): void {
  let second = 0;
  setInterval(() => {
    let nth = 0;
    for (const ws of sockets.clients) {
      if (nth % seconds === second) ws.ping();
      nth += 1;
    }
    second = (second + 1) % seconds;
  }, 1_000);
}

const publish = ways[how];
if (publish === undefined) throw new Error(`expected ${Object.keys(ways).join(' | ')}`);
const ports = Promise.all([listen(server), listenForLines(publish)]);
answerCalls({
  ports: async () => {
    const [socketPort, lines] = await ports;
    return { sockets: socketPort, lines };
  },
} satisfies ServerCalls);
