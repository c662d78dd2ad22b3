import { Intake, type IntakeOptions } from '../../services/ingest/accept/intake.ts';
import { together } from '../../services/ingest/backends/together.ts';
import type { Announcement, EventPublisher, Observer } from '../../services/ingest/accept/ports.ts';
import type { Refusal } from '../../services/ingest/accept/problems.ts';
import type { Input } from '../../services/ingest/accept/read-input.ts';
import { receiptForm } from '../../services/ingest/accept/remembered.ts';
import { Repeats, REPEATS_MAX_AGE_MS } from '../../services/ingest/accept/repeats.ts';
import type { Confirm } from '../../shared/broker/confirm-silence.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import { AppError } from '../../shared/contract/errors.ts';
import { Pace } from '../../services/ingest/accept/pace.ts';
import { wallTime } from '../../shared/core/wall-time.ts';

const nothing = () => undefined;

export function unlimited(): Pace {
  return new Pace({
    perSecond: 0,
    unconfirmed: () => 0,
    busyFrom: 1,
    now: () => 0,
    sleep: () => Promise.resolve(),
  });
}

function playedPublisher(room: number) {
  const handedOver: Announcement[] = [];
  /** Messages and bytes that there was asked for room for. */
  const asked: [messages: number, bytes: number][] = [];
  const waiting: { resolve: (confirm: Confirm) => void; reject: (error: Error) => void }[] = [];
  const publisher: EventPublisher = {
    ensureRoomFor: (messages, bytes) => {
      asked.push([messages, bytes]);
      if (messages > room) throw new AppError('too_many_unconfirmed', 'full');
    },
    publish: (announcement) => {
      handedOver.push(announcement);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
  };
  return {
    publisher,
    handedOver,
    asked,
    ids: () => handedOver.map(({ event }) => event.id),
    confirm: (confirm: Confirm = 'prompt') => {
      for (const { resolve } of waiting.splice(0)) resolve(confirm);
    },
    /** Of the message at this place among those that wait. */
    settle: (at: number, error?: Error) => {
      const one = waiting[at];
      if (error === undefined) one?.resolve('prompt');
      else one?.reject(error);
    },
    fail: () => {
      for (const { reject } of waiting.splice(0)) reject(new AppError('broker_unavailable', 'gone'));
    },
  };
}

/** An intake before a publisher that the test plays; nothing is confirmed until `confirm`. */
export function world({
  room = 10_000,
  maxRepeats = 100,
  ...options
}: { room?: number; maxRepeats?: number } & Partial<IntakeOptions> = {}) {
  const { publisher, ...played } = playedPublisher(room);
  const accepted: Parameters<Observer['accepted']>[0][] = [];
  let cursors = 0;
  const intake = new Intake({
    publisher,
    observer: {
      accepted: (event) => void accepted.push(event),
      refused: nothing,
      ignored: nothing,
      decided: nothing,
    },
    nextCursor: () => Cursor.parse(`01a205ff-0000-7000-8000-${String((cursors += 1)).padStart(12, '0')}`),
    wall: () => wallTime(0),
    now: () => 0,
    repeats: new Repeats(maxRepeats, REPEATS_MAX_AGE_MS, receiptForm),
    knowsIds: () => true,
    pace: unlimited(),
    maxEventBytes: 64 * 1024,
    calendarRoom: 'thin',
    calendarSyncApart: () => true,
    inCluster: () => false,
    ...together([]),
    ...options,
  });
  const takeOrRefuse = (body: unknown, input: Partial<Input> = {}) => {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    return intake.take({ entrance: 'events', wrapping: { kind: 'plain' }, body: bytes, ...input });
  };
  const take = (body: unknown, input: Partial<Input> = {}) => {
    const taken = takeOrRefuse(body, input);
    if ('problems' in taken) throw new Error(JSON.stringify(taken.problems));
    return taken;
  };
  return {
    ...played,
    intake,
    accepted,
    take,
    refusalOf: (body: unknown, input: Partial<Input> = {}) => {
      const taken = takeOrRefuse(body, input);
      if (!('problems' in taken)) throw new Error('it was taken');
      return taken;
    },
  };
}

export function pathsIn({ problems }: Refusal): string[] {
  return problems.map(({ path }) => path);
}
