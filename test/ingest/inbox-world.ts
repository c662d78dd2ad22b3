import { jest } from '@jest/globals';
import { Inbox } from '../../services/ingest/inbox/inbox.ts';
import type { Intake } from '../../services/ingest/accept/intake.ts';
import type { Backend, Take, WhileConsuming } from '../../services/ingest/backends/backend.ts';
import type { BrokerState } from '../../shared/broker/broker-connection.ts';
import { ConfirmPublisher } from '../../shared/broker/confirm-publisher.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { unlimited } from './intake-world.ts';
import { ScriptedConnection } from '../support/scripted-channel.ts';

const logger = createLogger('test', 'silent');

/** A promise that the test settles. */
export function pending() {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve: () => resolve(), reject: (error: Error) => reject(error) };
}

function publisherOn({ connection }: ScriptedConnection): ConfirmPublisher {
  return new ConfirmPublisher(connection, {
    maxUnconfirmed: 10,
    maxUnconfirmedBytes: 100_000,
    confirmTimeoutMs: 60_000,
    now: () => 0,
    onConfirmed: () => undefined,
    logger,
  });
}

/** An inbox on a node, before an intake and a backend, that do what the test has them do. */
export async function world({ ready = Promise.resolve(), isOpen = true, now = (): number => 0 } = {}) {
  const scripted = new ScriptedConnection();
  const publishing = new ScriptedConnection();
  const publisher = publisherOn(publishing);
  /** What was handed on, in order; each waits for its outcome. */
  const taken: ReturnType<typeof pending>[] = [];
  const hand = () => {
    const one = pending();
    taken.push(one);
    return one.promise;
  };
  const take = jest.fn<Intake['take']>(() => ({ receipts: hand().then(() => []) }) as never);
  const decided = jest.fn<Take>(() => hand().then(() => undefined));
  const opening = pending();
  const consuming = {
    isOpen,
    begin: jest.fn(async () => {
      await opening.promise;
      consuming.isOpen = true;
    }),
    end: jest.fn(() => (consuming.isOpen = isOpen)),
  } satisfies WhileConsuming;
  const backend: Backend = {
    name: 'scripted',
    routes: [],
    recognise: ({ body }) => (body.includes('"action"') ? decided : undefined),
    strip: (body) => body,
    whileConsuming: consuming,
  };
  const declare = jest.fn(() => Promise.resolve());
  let keys = 0;
  const inbox = new Inbox(scripted.connection, {
    intake: { take },
    backends: [backend],
    ready,
    publisher,
    observer: { refused: () => undefined },
    declare,
    prefetch: 5,
    pace: unlimited(),
    maxBodyBytes: 100_000,
    nextKey: () => Cursor.parse(`01a205ff-0000-7000-8000-${String((keys += 1)).padStart(12, '0')}`),
    wall: () => wallTime(0),
    now,
    logger,
  });
  const settle = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  await settle();
  const kinds = () => scripted.broker.requests.map(([request]) => request);
  const answers = () => scripted.broker.requests.filter(([kind]) => kind === 'ack' || kind === 'reject');
  const become = (state: BrokerState) => publishing.become(state);
  return {
    ...{ scripted, publishing, publisher, inbox, consuming, opening, declare, become },
    ...{ taken, take, decided, settle, kinds, answers },
  };
}
