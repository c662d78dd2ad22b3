import { SpanKind } from '@opentelemetry/api';
import { underscoreNameByData } from '../../../shared/contract/event-naming.ts';
import { encodeHeaders, type SyncHeaders } from '../../../shared/contract/message.ts';
import { routingKeyOf } from '../../../shared/contract/routing.ts';
import { EXCHANGE, QUEUES_OF_INGEST } from '../../../shared/contract/topology.ts';
import { unixMs, type WallTime } from '../../../shared/core/wall-time.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import type { OutgoingMessage } from '../../../shared/broker/confirms.ts';
import { steadyClock, type WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { sleep } from '../../../shared/service/sleep.ts';
import { inSpan, traceHeaders } from '../../../shared/service/tracing.ts';
import { Pace } from '../accept/pace.ts';
import type { Announcement, EventPublisher } from '../accept/ports.ts';
import type { IngestConfig } from '../config.ts';
import type { IngestObserver } from '../observer.ts';

type Bounds = Pick<
  IngestConfig,
  'ingestMaxUnconfirmed' | 'ingestMaxUnconfirmedBytes' | 'ingestConfirmTimeoutMs'
>;

/** All that ingest sends goes by it. */
export function confirmPublisher(
  connection: BrokerConnection,
  config: Bounds,
  observer: Pick<IngestObserver, 'confirmed'>,
  logger: Logger,
): ConfirmPublisher {
  return new ConfirmPublisher(connection, {
    queues: QUEUES_OF_INGEST,
    maxUnconfirmed: config.ingestMaxUnconfirmed,
    maxUnconfirmedBytes: config.ingestMaxUnconfirmedBytes,
    confirmTimeoutMs: config.ingestConfirmTimeoutMs,
    now: steadyClock,
    onConfirmed: (seconds) => observer.confirmed(seconds),
    logger,
  });
}

/** Of arrays and of the inbox together. */
export function bulkPace(
  publisher: Pick<ConfirmPublisher, 'unconfirmed'>,
  config: Pick<IngestConfig, 'ingestBulkRate' | 'ingestBulkUnconfirmed'>,
): Pace {
  return new Pace({
    perSecond: config.ingestBulkRate,
    unconfirmed: () => publisher.unconfirmed,
    busyFrom: config.ingestBulkUnconfirmed,
    now: steadyClock,
    sleep,
  });
}

/** Publishes events, each as one message to all its rooms; a span for each. Delivery tells publishers apart by `appId`. */
export function eventPublisher(
  publisher: Pick<ConfirmPublisher, 'ensureRoomFor' | 'publish'>,
  appId: string,
  wall: WallClock,
): EventPublisher {
  return {
    ensureRoomFor: (messages, bytes) => publisher.ensureRoomFor(messages, bytes),
    publish: (announcement) =>
      inSpan(`publish ${EXCHANGE}`, spanOf(announcement), () =>
        publisher.publish(messageOf(announcement, appId, wall())),
      ),
  };
}

function messageOf(
  { event, cursor, body, contents, sync }: Announcement,
  appId: string,
  now: WallTime,
): OutgoingMessage {
  // By the header `rooms` the event itself goes to nobody else.
  const [first, ...others] = [...event.rooms, ...(sync?.event.rooms ?? [])].map(routingKeyOf);
  if (first === undefined) throw new Error(`event ${event.id} has no room to go to`);
  const name = underscoreNameByData(event);
  return {
    exchange: EXCHANGE,
    routingKey: first,
    body,
    key: cursor,
    properties: {
      CC: others,
      messageId: event.id,
      type: event.name,
      appId,
      contentType: 'application/json',
      timestamp: Math.floor(unixMs(now) / 1000),
      headers: {
        ...encodeHeaders(cursor, event.rooms, name),
        ...contents,
        ...syncHeaders(sync),
        ...traceHeaders(),
      },
    },
  };
}

function syncHeaders(sync: Announcement['sync']): SyncHeaders | undefined {
  return sync && { calendar_sync: sync.body.toString(), calendar_sync_cursor: sync.cursor };
}

function spanOf({ event: { id, name } }: Announcement) {
  const attributes = { 'messaging.system': 'rabbitmq', 'messaging.message.id': id, 'roomcast.event': name };
  return { kind: SpanKind.PRODUCER, attributes };
}
