import { TestClient } from './client.ts';
import type { FrameReader } from './frame-reader.ts';
import { PollClient, StreamClient } from './http-client.ts';

interface Place {
  /** Host and port of a delivery. */
  readonly host: string;
  readonly token: string;
  readonly cursor?: string | undefined;
  readonly rooms?: string | undefined;
}

/** One way to reach delivery: everything that PROTOCOL.md promises of events holds for each. */
export interface Wire<Client extends FrameReader = FrameReader> {
  readonly name: 'WebSocket' | 'SSE' | 'long-poll';
  readonly open: (place: Place) => Promise<Client>;
}

export const webSocket: Wire<TestClient> = {
  name: 'WebSocket',
  open: ({ host, token, cursor, rooms }) =>
    TestClient.open(`ws://${host}/ws?${queryOf({ token, cursor, rooms })}`),
};

export const eventStream: Wire<StreamClient> = {
  name: 'SSE',
  open: ({ host, token, cursor, rooms }) =>
    StreamClient.open({
      url: `http://${host}/v1/stream?${queryOf({ rooms })}`,
      headers: { ...bearer(token), ...(cursor === undefined ? {} : { 'last-event-id': cursor }) },
    }),
};

export const longPoll: Wire<PollClient> = {
  name: 'long-poll',
  open: ({ host, token, cursor, rooms }) =>
    PollClient.open({
      url: `http://${host}/v1/events?${queryOf({ after: cursor, rooms, wait: '25' })}`,
      headers: bearer(token),
    }),
};

export const wires: readonly Wire[] = [webSocket, eventStream, longPoll];

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function queryOf(query: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, value);
  return given.toString();
}
