import { personalKinds } from './rooms.ts';
import { widePatternOf } from './routing.ts';

/** Names and declare options of everything on the broker. Data only; `declareTopology` sends it. */

export const EXCHANGE = 'appointments';
export const INBOX = 'appointments.inbox';
export const HISTORY = 'appointments.history';
export const REJECTED = 'appointments.rejected';
/** Newest values of what ingest knows of appointments, people and services. */
export const LEDGER = 'appointments.ledger';
/** Which tokens are not taken any more. */
export const REVOCATIONS = 'appointments.revocations';

/** Who was told of which event, and how far that got. */
export const RECEIPTS = 'appointments.receipts';

/** Events of people wait here for a receipt, then there for push. */
export const PUSH_WAIT = 'appointments.push.wait';
export const PUSH = 'appointments.push';
/** Which phones people have, where they are woken while they sleep. */
export const DEVICES = 'appointments.devices';

/** Queues that ingest declares, or publishes to by name, besides the history. */
export const QUEUES_OF_INGEST = [INBOX, LEDGER, REJECTED, REVOCATIONS, RECEIPTS] as const;

/** Header of a rejected message: why, in the words that the HTTP entrance would have used. */
export const REJECTED_REASON = 'x-rejected-reason';

/** A revocation ends before the stream drops it. */
export const REVOCATION_MAX_DAYS = 366;
/** Newest values are written again long before the stream is that large, so that what it drops is never the newest. */
const LEDGER_MAX_BYTES = 200_000_000;
/** Of a device that is not registered again. */
export const DEVICE_MAX_DAYS = 180;
/** Some two million registrations. */
const DEVICES_MAX_BYTES = 1_000_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** How long a queue of a delivery instance may be without a consumer; each start of the instance has a new one. */
const UNCONSUMED_MS = 30_000;

export interface QueueDeclaration {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
  /** Binding patterns on the exchange, if any. */
  readonly patterns?: readonly string[];
}

/** Name of the queue of one delivery instance, or of one connection of it. */
export function deliveryQueueOf(instance: string): string {
  return `appointments.delivery.${instance}`;
}

/** Name of the queue to which delivery instances answer what one ingest asks. */
export function controlQueueOf(asker: string): string {
  return `appointments.control.${asker}`;
}

/** Name of the queue into which the broker moves what it drops from a delivery instance's queue. */
export function droppedQueueOf(queue: string): string {
  return `${queue}.dropped`;
}

/** Nobody is woken for what is older. */
export const PUSH_MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** While nobody pushes, the oldest go beyond it. */
const PUSH_MAX_BYTES = 500_000_000;
/** At one message of push: what ended the process so often would do so for ever. */
const PUSH_ATTEMPTS = 100;

/** At one message of the inbox: what fails so often fails for ever. */
const INBOX_ATTEMPTS = 10;

/** Any one message in it says enough. */
const DROPPED_MAX = 100;

/**
 * How a delivery instance declares its queue; without a consumer it goes by itself, whatever became of its instance.
 * In a cluster it is replicated, because RabbitMQ 4 keeps any other queue of a node that is down, exclusive ones
 * too, and refuses every message bound for it until the node is back.
 *
 * What a policy of the broker's operator makes it drop is moved to a queue that the instance consumes as well: the history
 * has it. Refusing it instead would stop everybody's publishing for one instance that is slow.
 */
export function deliveryQueueOptions(kind: QueueKind, queue: string) {
  const limits = {
    'x-expires': UNCONSUMED_MS,
    'x-overflow': 'drop-head',
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': droppedQueueOf(queue),
  };
  return kind === 'exclusive'
    ? { exclusive: true, durable: false, arguments: limits }
    : { durable: true, arguments: { ...limits, 'x-queue-type': 'quorum' } };
}

export const droppedQueueOptions = {
  exclusive: true,
  durable: false,
  arguments: { 'x-expires': UNCONSUMED_MS, 'x-max-length': DROPPED_MAX },
} as const;
export type QueueKind = 'exclusive' | 'quorum';

export interface HistoryLimits {
  readonly historyMaxAge: string;
  /** 0, or absent: bound by its age alone. */
  readonly historyMaxBytes?: number;
}

/** Durable queues, in the order in which they must exist: a dead-letter target before its source. */
export function queueDeclarations({
  historyMaxAge,
  historyMaxBytes = 0,
}: HistoryLimits): readonly QueueDeclaration[] {
  const asLongAsHistory = {
    'x-queue-type': 'stream',
    'x-max-age': historyMaxAge,
    ...(historyMaxBytes > 0 && { 'x-max-length-bytes': historyMaxBytes }),
    // Retention drops whole segments: the broker's 500 MB would keep a small site's history for years.
    'x-stream-max-segment-size-bytes': 20_000_000,
  };
  return [
    {
      name: REJECTED,
      arguments: {
        'x-queue-type': 'quorum',
        'x-message-ttl': 7 * DAY_MS,
        // Looking at a message returns it; since RabbitMQ 4.0 the default of 20 such returns would delete it.
        'x-delivery-limit': 1_000_000,
      },
    },
    {
      name: INBOX,
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': INBOX_ATTEMPTS,
        'x-single-active-consumer': true,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': REJECTED,
        // At-least-once dead-lettering requires this overflow (RabbitMQ, "Quorum Queues: Dead Lettering").
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
    },
    { name: HISTORY, arguments: asLongAsHistory, patterns: ['#'] },
    {
      name: LEDGER,
      arguments: {
        'x-queue-type': 'stream',
        'x-max-length-bytes': LEDGER_MAX_BYTES,
        'x-stream-max-segment-size-bytes': 20_000_000,
      },
    },
    {
      name: REVOCATIONS,
      arguments: {
        'x-queue-type': 'stream',
        'x-max-age': `${REVOCATION_MAX_DAYS + 1}D`,
        'x-stream-max-segment-size-bytes': 20_000_000,
      },
    },
    { name: RECEIPTS, arguments: asLongAsHistory },
  ];
}

/** Where push is on. */
export const deviceDeclarations: readonly QueueDeclaration[] = [
  {
    name: DEVICES,
    arguments: {
      'x-queue-type': 'stream',
      // A device is unknown by then, so that nothing has to be written anew.
      'x-max-age': `${DEVICE_MAX_DAYS + 1}D`,
      'x-max-length-bytes': DEVICES_MAX_BYTES,
      'x-stream-max-segment-size-bytes': 20_000_000,
    },
  },
];

/**
 * Where push is on, its own beside them. Neither queue ever refuses a message: ingest's 202 waits for every queue that an event
 * goes to. The first empties itself into the second, and that drops what is too old or too much while nobody pushes.
 */
export function pushDeclarations(afterSeconds: number): readonly QueueDeclaration[] {
  return [
    ...deviceDeclarations,
    {
      name: PUSH,
      arguments: {
        'x-queue-type': 'quorum',
        'x-single-active-consumer': true,
        'x-message-ttl': PUSH_MAX_AGE_MS,
        'x-max-length-bytes': PUSH_MAX_BYTES,
        'x-overflow': 'drop-head',
        'x-delivery-limit': PUSH_ATTEMPTS,
      },
    },
    {
      name: PUSH_WAIT,
      arguments: {
        'x-queue-type': 'quorum',
        'x-message-ttl': afterSeconds * 1_000,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': PUSH,
        // Which requires this overflow; without a bound of its length there is none.
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
      patterns: personalKinds.map(widePatternOf),
    },
  ];
}
