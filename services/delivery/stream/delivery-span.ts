import { SpanKind } from '@opentelemetry/api';
import type { EventEntry } from '../../../shared/contract/message.ts';
import { beginSpan } from '../../../shared/service/tracing.ts';

/**
 * The end of an event's trace: from its arrival to its frames being with the kernel, which is when the turn of the event
 * loop ends. Call the answer right after the sockets were written to.
 */
export function beginDelivery({
  id,
  type,
  traceparent,
}: EventEntry): ((sessions: number) => void) | undefined {
  if (traceparent === undefined) return undefined;
  const attributes = { 'messaging.message.id': id, 'roomcast.event': type };
  const end = beginSpan('deliver', { kind: SpanKind.CONSUMER, parent: { traceparent }, attributes });
  return end === undefined
    ? undefined
    : (sessions) => process.nextTick(() => end({ 'roomcast.sessions': sessions }));
}
