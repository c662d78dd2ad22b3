import { createServer, type Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import { answerCalls } from '../../load/answer-calls.ts';
import type { ServerCalls } from '../socket-server.ts';
import { listen, listenForLines } from './rooms-by-line.ts';

/** What we use of socket.io, which is no package of this repository: PACKAGE names its folder. */
interface SocketIo {
  readonly Server: new (
    server: HttpServer,
    options: { transports: string[]; pingInterval: number; perMessageDeflate: boolean },
  ) => {
    on(event: 'connection', listener: (socket: Client) => void): void;
    to(room: string): { emit(event: string, data: unknown): void };
  };
}
interface Client {
  readonly handshake: { readonly query: Readonly<Record<string, string>> };
  join(room: string): void;
}

/** The clients of the benchmark do not speak its heartbeat. */
const PING_INTERVAL_MS = 3_600_000;

const require = createRequire(import.meta.url);
const { Server } = require(process.env['PACKAGE'] ?? '') as SocketIo;
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  pingInterval: PING_INTERVAL_MS,
  perMessageDeflate: false,
});
io.on('connection', (socket) => socket.join(socket.handshake.query['room'] ?? ''));

const ports = Promise.all([
  listen(http),
  listenForLines((room, text) => io.to(room).emit('event', JSON.parse(text))),
]);
answerCalls({
  ports: async () => {
    const [sockets, lines] = await ports;
    return { sockets, lines };
  },
} satisfies ServerCalls);
