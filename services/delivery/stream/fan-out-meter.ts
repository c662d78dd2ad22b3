import { SpanKind } from '@opentelemetry/api';
import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry } from '../../../shared/contract/message.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { beginSpan } from '../../../shared/service/tracing.ts';
import { Companions } from './companions.ts';
import type { DeliveryMetrics } from '../metrics.ts';

type Meters = Pick<DeliveryMetrics, 'events' | 'companions' | 'deliveries' | 'endToEnd' | 'recentEndToEnd'>;

/**
 * Counts what is fanned out, and measures from ingest's stamp on an event to its frames being with the kernel. What is
 * written to a socket stays there until the turn of the event loop ends, so that is when we look at the clock, once for
 * all events of the turn.
 */
export class FanOutMeter {
  readonly #companions = new Companions();
  readonly #written: Cursor[] = [];

  constructor(
    private readonly metrics: Meters,
    private readonly wall: WallClock,
    private readonly now: SteadyClock,
  ) {}

  /** An event goes to so many sessions. */
  fannedOut(entry: EventEntry, sessions: number): void {
    this.metrics.events.inc();
    if (this.#companions.isCopy(entry)) this.metrics.companions.inc();
    this.metrics.deliveries.inc(sessions);
  }

  /** Called right after an event was written to its sessions. */
  written({ cursor }: EventEntry): void {
    if (this.#written.push(cursor) === 1) process.nextTick(() => this.#observe());
  }

  #observe(): void {
    const wallMs = unixMs(this.wall());
    const nowMs = this.now();
    for (const cursor of this.#written.splice(0)) {
      // The clocks of two machines may differ by more than an event takes, and be set.
      const latencyMs = Math.max(0, wallMs - cursorTimeMs(cursor));
      this.metrics.endToEnd.observe(latencyMs / 1000);
      this.metrics.recentEndToEnd.observe(latencyMs, nowMs);
    }
  }
}

/**
 * The end of an event's trace: from its arrival to its frames being with the kernel, which is when the turn of the event
 * loop ends. Call the answer right after the sockets were written to.
 */
export function beginDelivery(event: EventEntry): ((sessions: number) => void) | undefined {
  const { id, type, traceparent } = event;
  if (traceparent === undefined) return undefined;
  const attributes = { 'messaging.message.id': id, 'roomcast.event': type };
  const end = beginSpan('deliver', { kind: SpanKind.CONSUMER, parent: { traceparent }, attributes });
  return end === undefined
    ? undefined
    : (sessions) => process.nextTick(() => end({ 'roomcast.sessions': sessions }));
}
