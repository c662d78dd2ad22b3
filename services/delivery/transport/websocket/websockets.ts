import type { Credentials } from '../../session/access.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { WebSocketServer, type Server as TypedServer } from 'ws';
import type { DeliveryConfig } from '../../config.ts';
import { bearerOf, credentialsIn } from '../credentials.ts';
import type { Refusal } from '../http/answer.ts';
import { corkForThisTurn } from '../outbox.ts';
import { destroyOnError, type Mount, type MountOptions } from '../server.ts';
import type { Arrival } from '../../session/transport.ts';
import { ClientSocket } from './client-socket.ts';
import { refusalOfOrigin } from './allowed-origin.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { Connection, type ConnectionLimits } from './connection.ts';

export interface WebSocketOptions extends MountOptions {
  readonly limits: ConnectionLimits & Pick<DeliveryConfig, 'maxFrameBytes'>;
}

/** Subprotocol under which a browser, which cannot set headers, hands over its token. */
const BEARER_PROTOCOL = 'bearer';
/** Of one message. Fragments may be empty, so bytes do not bound them. */
const MAX_FRAGMENTS = 128;
/**
 * Reads from the socket in which one frame may come: no fewer than this, and one for each 64 bytes. ws keeps them apart
 * until the frame is whole, and to join tens of thousands takes it half a second.
 */
const MIN_MAX_CHUNKS = 1_024;
const BYTES_PER_CHUNK = 64;
const HELP =
  'This is a WebSocket server: connect with ws:// or wss:// and send {"action":"auth","token":"..."} first.\n';

/** Upgrades on any path. Who may stay is not decided here: an upgrade that is let in is answered 101. */
export class WebSockets implements Mount {
  readonly #upgrades: TypedServer<typeof ClientSocket>;

  constructor(private readonly options: WebSocketOptions) {
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // One frame of a socket to a turn of the loop: a read of 64 KiB holds thousands, and others wait for their turn.
      allowSynchronousEvents: false,
      // Pongs are answers, and count as such.
      autoPong: false,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: Math.max(MIN_MAX_CHUNKS, options.limits.maxFrameBytes / BYTES_PER_CHUNK),
      maxPayload: options.limits.maxFrameBytes,
      handleProtocols: (offered) => (offered.has(BEARER_PROTOCOL) ? BEARER_PROTOCOL : false),
      WebSocket: ClientSocket,
    });
  }

  request(_request: IncomingMessage, response: ServerResponse): boolean {
    const headers = { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'upgrade, close' };
    response.writeHead(426, headers);
    response.end(HELP);
    return true;
  }

  upgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    const { allowedOrigins, clients, handshakes } = this.options;
    const refuse = (refusal: Refusal) => {
      this.options.refused(refusal.code);
      refuseUpgrade(socket, refusal);
    };
    const refusal = refusalOfOrigin(request, allowedOrigins);
    if (refusal !== undefined) return refuse(refusal);
    const credentials = credentialsOf(request);
    const client = clients.of(request);
    const take = () => {
      if (!socket.destroyed) this.#shakeHands(request, head, { client, credentials });
    };
    handshakes.enter(client, credentials.token, { take, refuse });
  }

  #shakeHands(
    request: IncomingMessage,
    head: Buffer,
    { client, credentials }: Pick<Arrival, 'client' | 'credentials'>,
  ): void {
    const { socket } = request;
    const { arrived, limits, now } = this.options;
    socket.setNoDelay(true);
    // A good token is known, and its rooms are joined, within the turn of its 101: all that goes in one call.
    corkForThisTurn(socket);
    this.#upgrades.handleUpgrade(request, socket, head, (ws) => {
      // ws listens by itself from here on.
      socket.off('error', destroyOnError);
      arrived({
        transport: 'websocket',
        client,
        credentials,
        open: (events) => new Connection(ws, socket, limits, events, now, credentials.token === undefined),
      });
    });
  }
}

/** A token in `Authorization: Bearer`, else behind `bearer` in `Sec-WebSocket-Protocol`, else in `?token=`; and `?cursor=`. */
function credentialsOf(request: IncomingMessage): Partial<Credentials> {
  const query = new URLSearchParams(request.url?.split('?', 2)[1] ?? '');
  const token = bearerOf(request) ?? protocolToken(request) ?? query.get('token');
  return credentialsIn(query, token, query.get('cursor'));
}

function protocolToken(request: IncomingMessage): string | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const at = offered.indexOf(BEARER_PROTOCOL);
  return at === -1 ? undefined : offered[at + 1];
}
