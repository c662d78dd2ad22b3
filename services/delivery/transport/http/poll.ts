import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { closeCodes, type CloseName } from '../../../../shared/contract/close-codes.ts';
import { Cursor, cursorTimeMs } from '../../../../shared/contract/cursor.ts';
import type { ErrorFrame, ServerFrame } from '../../../../shared/contract/frames.ts';
import type { ClientEvents, Transport } from '../../session/transport.ts';
import type { EventForm } from '../../stream/event-form.ts';
import { answer, refusalFor, refuse, type Refusal } from './answer.ts';
import { LEFT } from './event-stream.ts';
import type { PollRequest } from './poll-query.ts';

const COMMA = Buffer.from(',');
/** The quota of long replays is of a minute. */
const BUSY_SECONDS = 60;
/** Close code of an answer that was given. */
const ANSWERED = 1000;
/** How long an answer waits that only has what came just before the cursor: it would be the same at once. */
const REPEATS_WAIT_MS = 1_000;
/** A client that does not read its answer is cut off after this. */
const READ_TIMEOUT_MS = 30_000;

/**
 * One answer to `GET /v1/events`: a session that lasts until there is something to answer.
 *
 * The next goes on from the last event, or from where the resume or the stream is where nothing is new. What other
 * publishers got in just before a cursor is sent again. It does not count: after a burst it may be more than the limit,
 * and each answer would get on by a single event.
 */
export class Poll implements Transport {
  /** Nothing is said while it waits; a client waits as long as it asked to. */
  readonly heartbeatMs: number;
  readonly #events: EventForm[] = [];
  readonly #afterMs: number;
  #bytes = 0;
  /** Events stamped later than the cursor, and whether the last is one. */
  #later = 0;
  #endsLater = false;
  #bytesSent = 0;
  #refusal: Refusal | undefined;
  /** Where to go on if nothing comes; there is one once the past has been looked at. */
  #cursor: Cursor | undefined;
  #recovered = true;
  #isAnswered = false;
  #closedWith: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Something has come while it waited, and goes when the turn is over. */
  #isDue = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly request: PollRequest,
    private readonly maxBytes: number,
    /** The newest place of this instance. */
    private readonly position: () => Promise<Cursor>,
    events: ClientEvents,
  ) {
    this.heartbeatMs = Math.max(request.waitMs, REPEATS_WAIT_MS);
    const after = Cursor.safeParse(request.after);
    this.#afterMs = after.success ? cursorTimeMs(after.data) : Number.NEGATIVE_INFINITY;
    response.once('close', () => {
      this.#isAnswered = true;
      clearTimeout(this.#timer);
      events.closed(this.#closedWith ?? LEFT);
    });
  }

  get outboxBytes(): number {
    return this.response.writableLength;
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  get isOpen(): boolean {
    return !this.#isAnswered;
  }

  takes(): boolean {
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  write(event: EventForm): boolean {
    if (this.#isAnswered) return true;
    if (this.#isFull(event)) {
      this.#answer(this.#last, true);
      return true;
    }
    this.#endsLater = cursorTimeMs(event.cursor) > this.#afterMs;
    if (this.#endsLater) this.#later += 1;
    this.#events.push(event);
    this.#bytes += event.size;
    // A burst comes in one turn, and goes in one answer.
    if (this.#cursor !== undefined && !this.#isDue) {
      this.#isDue = true;
      setImmediate(() => this.#answer(this.#last, false));
    }
    return true;
  }

  /** An answer lists them one by one. */
  writeJoined(): boolean {
    return false;
  }

  send(frame: ServerFrame): boolean {
    if (this.#isAnswered) return true;
    if (frame.type === 'error') this.#refusal ??= frame;
    else if (frame.type === 'connected') this.#connected(Cursor.safeParse(frame.cursor).data);
    else if (frame.type === 'resumed' && !frame.recovered && frame.reason === 'busy') this.#tooOften();
    else if (frame.type === 'resumed') this.#resumed(Cursor.parse(frame.cursor), frame.recovered);
    return true;
  }

  sendLast(frame: ErrorFrame): void {
    this.#refusal ??= frame;
  }

  close(name: CloseName, waitSeconds?: number): void {
    if (this.#isAnswered) return;
    if (name === 'goingAway' && this.#cursor !== undefined) {
      this.response.setHeader('Connection', 'close');
      this.#answer(this.#last ?? this.#cursor, false);
    } else this.#refuse({ ...(this.#refusal ?? refusalFor(name)), waitSeconds }, closeCodes[name].code);
  }

  cutOff(): void {
    this.response.destroy();
  }

  /** A request whose client is gone is closed by its socket. */
  tick(): number {
    return Number.POSITIVE_INFINITY;
  }

  #connected(cursor: Cursor | undefined): void {
    if (this.#refusal !== undefined) this.#refuse(this.#refusal, closeCodes.unauthenticated.code);
    else if (this.request.after === undefined) this.#answer(cursor, false);
  }

  /** Nothing is lost to a client that keeps its cursor until it may ask again. */
  #tooOften(): void {
    const message =
      'Your devices asked for more than they may of what lies far back. Ask again with the same cursor.';
    this.#refuse({ code: 'RATE_LIMITED', message, waitSeconds: BUSY_SECONDS }, closeCodes.tooManyFrames.code);
  }

  #resumed(cursor: Cursor, recovered: boolean): void {
    this.#cursor = cursor;
    this.#recovered = recovered;
    const { waitMs } = this.request;
    const isNew = this.#later > 0;
    if (isNew || !recovered || waitMs === 0) {
      // Before a mark of just now the same events would be sent again.
      this.#answer(isNew ? this.#last : cursor, false);
      return;
    }
    const untilMs = this.#events.length > 0 ? Math.min(waitMs, REPEATS_WAIT_MS) : waitMs;
    this.#timer = setTimeout(() => void this.#timeOut(cursor), untilMs);
  }

  /** All up to the newest place has been written here, if it was for this client. While the broker is away there is none. */
  async #timeOut(resumedAt: Cursor): Promise<void> {
    this.#answer(await Promise.race([this.position(), nextTurn(resumedAt)]), false);
  }

  get #last(): Cursor | undefined {
    return this.#events.at(-1)?.cursor;
  }

  #isFull({ size }: EventForm): boolean {
    // The cursor of what comes again would take the client back, and the same would come again, for ever: what came before
    // a cursor within the reorder window, or since a hole began that the instance is not sure of.
    if (!this.#endsLater) return false;
    return this.#later >= this.request.limit || this.#bytes + size > this.maxBytes;
  }

  #answer(cursor: Cursor | undefined, more: boolean): void {
    if (this.#isAnswered) return;
    const events = this.#events.flatMap(({ json }, index) => (index === 0 ? [json] : [COMMA, json]));
    const rest = JSON.stringify({ cursor, recovered: this.#recovered, more }).slice(1);
    const body = Buffer.concat([Buffer.from('{"events":['), ...events, Buffer.from(`],${rest}`)]);
    this.#bytesSent = body.byteLength;
    this.#end(ANSWERED);
    answer(this.response, 200, 'application/json', body);
  }

  #refuse(refusal: Refusal, code: number): void {
    this.#end(code);
    refuse(this.response, refusal);
  }

  #end(code: number): void {
    this.#isAnswered = true;
    this.#closedWith = code;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.response.destroy(), READ_TIMEOUT_MS);
  }
}
