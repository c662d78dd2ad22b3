import type { Credentials } from '../session/access.ts';
import type { IncomingMessage } from 'node:http';

/** The token in `Authorization: Bearer`. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
}

/** What a client brought beside its token: a cursor, `?rooms=a,b`, `?events=` and `?max_frame_bytes=`. */
export function credentialsIn(
  query: URLSearchParams,
  token: string | null | undefined,
  cursor: string | null | undefined,
): Partial<Credentials> {
  const [rooms, events, maxFrameBytes] = ['rooms', 'events', 'max_frame_bytes'].map((name) =>
    query.get(name),
  );
  return {
    ...(isGiven(token) && { token }),
    ...(isGiven(cursor) && { cursor }),
    ...(isGiven(events) && { events }),
    ...(isGiven(maxFrameBytes) && { max_frame_bytes: Number(maxFrameBytes) }),
    ...(isGiven(rooms) && { rooms: rooms.split(',').map((room) => room.trim()) }),
  };
}

function isGiven(value: string | null | undefined): value is string {
  return value !== undefined && value !== null && value !== '';
}
