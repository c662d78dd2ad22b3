import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { IngestConfig } from '../config.ts';
import { BodyRoom, type Claim } from './body-room.ts';
import { SMALL_BODY_BYTES } from './slices.ts';

export type LargeBodiesConfig = Pick<
  IngestConfig,
  'ingestMaxBodyBytes' | 'ingestMaxLargeBodiesBytes' | 'ingestLargeBodiesRate'
>;

type Next = (error?: Error) => void;

/**
 * Bounds what large bodies take of our memory and of each second. Each waits for its turn before it is read, and counts until it
 * is answered. One that does not say its length counts as the largest while it is read, beside those that do: most are small.
 */
export class LargeBodies {
  readonly #room: BodyRoom;
  readonly #roomOfUnknown: BodyRoom;
  readonly #unknown = new WeakMap<FastifyRequest, Claim>();

  constructor(
    private readonly config: LargeBodiesConfig,
    now: SteadyClock,
  ) {
    const { ingestMaxLargeBodiesBytes: maxBytes, ingestLargeBodiesRate: bytesPerSecond } = config;
    this.#room = new BodyRoom({ maxBytes, bytesPerSecond, now });
    this.#roomOfUnknown = new BodyRoom({ maxBytes, bytesPerSecond: 0, now });
  }

  /** Before the body is read. */
  beforeReading(request: FastifyRequest, reply: FastifyReply, next: Next): void {
    const { ingestMaxBodyBytes: maxBodyBytes } = this.config;
    const { headers } = request;
    if (headers['transfer-encoding'] !== undefined) {
      const claim = this.#roomOfUnknown.claim(maxBodyBytes);
      this.#unknown.set(request, claim);
      hold(claim, reply, next);
      return;
    }
    const bytes = Number(headers['content-length'] ?? 0);
    // What is too large is refused unread.
    if (bytes <= maxBodyBytes) this.#claim(bytes, reply, next);
    else next();
  }

  afterReading(request: FastifyRequest, reply: FastifyReply, next: Next): void {
    const { body } = request;
    const claim = this.#unknown.get(request);
    claim?.release();
    this.#claim(claim !== undefined && Buffer.isBuffer(body) ? body.byteLength : 0, reply, next);
  }

  #claim(bytes: number, reply: FastifyReply, next: Next): void {
    if (bytes > SMALL_BODY_BYTES) hold(this.#room.claim(bytes), reply, next);
    else next();
  }
}

function hold({ granted, release }: Claim, reply: FastifyReply, next: Next): void {
  // A client that has gone already says so no more.
  if (reply.raw.closed) release();
  else reply.raw.once('close', release);
  granted.then(() => next(), next);
}
