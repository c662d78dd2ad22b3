import type { Credentials, Verify } from './access.ts';
import type { CloseName } from '../../../shared/contract/close-codes.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ErrorFrame, ServerFrame } from '../../../shared/contract/frames.ts';
import type { Client } from '../../../shared/service/client-addresses.ts';
import type { Outlet } from '../stream/feed.ts';

/** What a session needs of the connection to its client, whatever the wire. */
export interface Transport extends Outlet {
  /** How long the client may hear nothing of a good connection. */
  readonly heartbeatMs: number;
  /** The last sign of life; `undefined` where it gives none. */
  readonly heardAtMs?: number | undefined;
  /** Bytes that wait for the client. */
  readonly outboxBytes: number;
  /** Of all that was written, whether the client has read it or not. */
  readonly bytesSent: number;
  /** An answer; `false`: so many wait unread that nothing was queued. */
  send(frame: ServerFrame): boolean;
  /** Why the session ends: goes whatever waits. */
  sendLast(frame: ErrorFrame): void;
  /** `waitSeconds`: the client is refused for so long. */
  close(name: CloseName, waitSeconds?: number): void;
  /** Ends the connection at once, whatever was read of it. */
  cutOff(): void;
  /** Asks the client to give a cursor back once it has read all up to here; absent where nobody can be asked. */
  ask?(cursor: Cursor): void;
  /** Calls back once the client has been written all that this turn has for it, in time for `ask` to go with that. */
  beforeTurnEnds?(callback: () => void): void;
  /** Not sooner, so that it is not pinged too often. */
  readonly mayAskAtMs?: number;
  /** Finds dead peers; when it is to be called next, at the earliest a second later. */
  tick(nowMs: number): number;
}

/** What a transport tells its session. One that only writes tells no more than `closed`. */
export interface ClientEvents {
  /** `undefined`: it is no text. */
  frame(text: string | undefined): void;
  closed(code: number): void;
  /** The client takes no frame of this size; the largest event that it may not have read, in bytes of JSON. */
  tooLargeForClient(largestBytes: number): void;
  /** A ping of WebSocket's own, or a pong that was not asked for; `false`: it gets no answer. */
  heartbeat(): boolean;
  /** What a pong brings; `false`: no cursor that the client was sent. */
  gaveBack(payload: string): boolean;
  /** Frames that wait for an answer. */
  pending(): number;
  /** `false` once no frame is looked at any more. */
  listening(): boolean;
  /** `tick` is to be called at the next opportunity, and not when it said. */
  tickSoon(): void;
}

/** A client that has just come, by whatever transport. */
export interface Arrival {
  /** As metrics and logs name the transport. */
  readonly transport: string;
  readonly credentials: Partial<Credentials>;
  /** Also behind a trusted proxy. */
  readonly client: Client;
  /** Where its token is none that a user was given. */
  readonly verify?: Verify;
  open(events: ClientEvents): Transport;
}
