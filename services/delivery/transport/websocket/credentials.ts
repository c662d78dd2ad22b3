import type { IncomingMessage } from 'node:http';
import type { Credentials } from '../../session/session-ports.ts';

/** Subprotocol under which a browser, which cannot set headers, hands over its token. */
export const BEARER_PROTOCOL = 'bearer';

/**
 * What a client brought with its upgrade request: a token in `Authorization: Bearer`, else behind `bearer` in
 * `Sec-WebSocket-Protocol`, else in `?token=`; `?cursor=`, `?rooms=a,b`, `?events=` and `?max_frame_bytes=` beside
 * any of them.
 */
export function credentialsOf(request: IncomingMessage): Partial<Credentials> {
  const query = new URLSearchParams(request.url?.split('?', 2)[1] ?? '');
  const token = headerToken(request) ?? protocolToken(request) ?? query.get('token');
  const cursor = query.get('cursor');
  const rooms = query.get('rooms');
  const events = query.get('events');
  const maxFrameBytes = query.get('max_frame_bytes');
  return {
    ...(token === null ? {} : { token }),
    ...(cursor === null || cursor === '' ? {} : { cursor }),
    ...(events === null || events === '' ? {} : { events }),
    ...(maxFrameBytes === null || maxFrameBytes === '' ? {} : { max_frame_bytes: Number(maxFrameBytes) }),
    ...(rooms === null || rooms === '' ? {} : { rooms: rooms.split(',').map((room) => room.trim()) }),
  };
}

function headerToken(request: IncomingMessage): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
}

function protocolToken(request: IncomingMessage): string | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const at = offered.indexOf(BEARER_PROTOCOL);
  return at === -1 ? undefined : offered[at + 1];
}
