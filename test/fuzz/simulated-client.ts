import { ShutOut } from '../../services/delivery/session/shut-out.ts';
import { FrameBounds } from '../../services/delivery/session/frame-bounds.ts';
import { LeftOff } from '../../services/delivery/session/left-off.ts';
import { Session } from '../../services/delivery/session/session.ts';
import { Feed } from '../../services/delivery/stream/feed.ts';
import type { ServerFrame } from '../../shared/contract/frames.ts';
import type { Room } from '../../shared/contract/routing.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { settle } from '../delivery/fakes.ts';
import { limits } from '../delivery/session-world.ts';
import type { SimulatedBroker, SimulatedInstance } from './simulated-broker.ts';

const TOKEN_MS = 24 * 60 * 60_000;
const REWIND_MS = 30_000;
const NO_BOUND = 1_000_000_000;

/** A frame as the client got it, and how much had been accepted by then. */
interface Received {
  readonly kind: 'event' | 'gap' | ServerFrame['type'];
  readonly cursor: string | undefined;
  readonly accepted: number;
}

/** Tells when the past has been sent. */
class WatchedFeed extends Feed {
  isCaughtUp = false;

  override async goLive(replayed: ReadonlySet<string>): Promise<void> {
    await super.goLive(replayed);
    this.isCaughtUp = true;
  }
}

/** A customer's app that keeps its cursor, on a connection that loses what came last when it breaks. */
export class SimulatedClient {
  readonly room: Room;
  /** Cursors of the events that it was shown, without repeats. */
  readonly seen = new Set<string>();
  /** Everything accepted from here on has to be seen; `undefined` before it was connected for the first time. */
  from: number | undefined;
  readonly failures: unknown[] = [];
  isSlow = false;
  /** Where it is connected. */
  at: SimulatedInstance | undefined;
  #cursor: string | undefined;
  #session: Session | undefined;
  #feed: WatchedFeed | undefined;
  #received: Received[] = [];

  constructor(
    private readonly id: number,
    private readonly broker: SimulatedBroker,
  ) {
    this.room = `customer_${id}`;
  }

  get isBusy(): boolean {
    if (this.#session === undefined || this.#session.closed) return false;
    return this.#session.pending > 0 || this.#feed?.isCaughtUp !== true;
  }

  connect(instance: SimulatedInstance): void {
    if (this.#session !== undefined) return;
    const note = (kind: Received['kind'], cursor?: string) =>
      this.#received.push({ kind, cursor, accepted: this.broker.log.length });
    const outlet = {
      takes: () => !this.isSlow,
      drained: settle,
      writeJoined: () => false,
      isOpen: true,
      write: ({ json }: { json: Buffer }) => {
        note('event', (JSON.parse(json.toString()) as { cursor: string }).cursor);
        return true;
      },
    };
    const feed = new WatchedFeed(outlet, NO_BOUND, () => undefined);
    const session = new Session(
      this.id,
      {
        feed,
        send: (frame) => note(kindOf(frame), 'cursor' in frame ? frame.cursor : undefined),
        sendGap: (cursor) => note('gap', cursor),
        heartbeatMs: 25_000,
        close: () => undefined,
        verify: () => ({
          principal: { role: 'customer', userId: this.id, expiresAtMs: this.broker.nowMs + TOKEN_MS },
        }),
        admit: () => undefined,
        becomes: () => undefined,
        stream: instance.stream,
        position: () => instance.position(),
        users: { floods: new ShutOut(), frameBounds: new FrameBounds(), leftOff: new LeftOff(REWIND_MS) },
        rewindSinceMs: () => this.broker.nowMs - REWIND_MS,
        observer: {
          opened: () => undefined,
          refused: ({ code }) => this.failures.push(code),
          resumed: () => undefined,
          failed: (error) => this.failures.push(error),
        },
        wall: () => wallTime(this.broker.nowMs),
        now: () => this.broker.nowMs,
      },
      limits,
    );
    this.#session = session;
    this.#feed = feed;
    this.at = instance;
    session.receive(JSON.stringify({ action: 'auth', token: 'any', cursor: this.#cursor }));
  }

  /** The connection breaks, and with it goes what had not come yet: the last of what was written. */
  cut(lost: number): void {
    this.#session?.end();
    this.#session = undefined;
    this.at = undefined;
    const received = this.#received;
    this.#received = [];
    for (const one of received.slice(0, Math.max(0, received.length - lost))) this.#take(one);
  }

  #take({ kind, cursor, accepted }: Received): void {
    if (kind === 'event' && cursor !== undefined) this.seen.add(cursor);
    if (kind === 'connected') this.from ??= accepted;
    // What it showed until then is loaded anew.
    if (kind === 'gap') this.from = accepted;
    this.#cursor = cursor ?? this.#cursor;
  }
}

/** `recovered:false` says as much as the gap behind it, which may not come any more. */
function kindOf(frame: ServerFrame): Received['kind'] {
  return frame.type === 'resumed' && !frame.recovered ? 'gap' : frame.type;
}
