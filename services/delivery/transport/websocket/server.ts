import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type Server as TypedServer } from 'ws';
import type { ClientAddresses } from '../../../../shared/service/client-addresses.ts';
import type { Credentials } from '../../session/session-ports.ts';
import { ClientSocket } from './client-socket.ts';
import { BEARER_PROTOCOL, credentialsOf } from './credentials.ts';

export interface Upgraded {
  readonly ws: ClientSocket;
  readonly socket: Socket;
  readonly entrance: Partial<Credentials>;
  /** The client's, also behind a trusted proxy. */
  readonly remoteAddress: string;
}

export interface WebSocketServerOptions {
  readonly maxFrameBytes: number;
  readonly clients: Pick<ClientAddresses, 'of'>;
  readonly accepts: () => boolean;
  readonly onConnection: (upgraded: Upgraded) => void;
}

const HEADERS_TIMEOUT_MS = 10_000;
/** Of one message. Fragments may be empty, so bytes do not bound them. */
const MAX_FRAGMENTS = 128;
const RETRY_AFTER_S = 5;
const HELP =
  'This is a WebSocket server: connect with ws:// or wss:// and send {"action":"auth","token":"..."} first.\n';

/** Listens for WebSocket upgrades on any path. Who may stay is not decided here: every upgrade is answered 101. */
export class UpgradeServer {
  readonly #http: Server;
  readonly #upgrades: TypedServer<typeof ClientSocket>;

  constructor(private readonly options: WebSocketServerOptions) {
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // One frame of a socket to a turn of the loop: a read of 64 KiB holds thousands, and others wait for their turn.
      allowSynchronousEvents: false,
      // Pongs are answers, and count as such.
      autoPong: false,
      maxFragments: MAX_FRAGMENTS,
      maxPayload: options.maxFrameBytes,
      handleProtocols: (offered) => (offered.has(BEARER_PROTOCOL) ? BEARER_PROTOCOL : false),
      WebSocket: ClientSocket,
    });
    this.#http = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS });
    this.#http.on('request', (_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'Upgrade' });
      response.end(HELP);
    });
    this.#http.on('upgrade', (request, _socket, head) => this.#upgrade(request, head));
  }

  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Takes no new connections; those upgraded live on. */
  stopListening(): void {
    this.#http.close();
    this.#http.closeIdleConnections();
  }

  #upgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    // A connection that breaks before or after the handshake is not ours to fall over.
    socket.on('error', () => socket.destroy());
    if (!this.options.accepts()) {
      socket.end(
        `HTTP/1.1 503 Service Unavailable\r\nRetry-After: ${RETRY_AFTER_S}\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    socket.setNoDelay(true);
    this.#upgrades.handleUpgrade(request, socket, head, (ws) => {
      this.options.onConnection({
        ws,
        socket,
        entrance: credentialsOf(request),
        remoteAddress: this.options.clients.of(request).address,
      });
    });
  }
}
