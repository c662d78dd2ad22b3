import type { Confirm } from '../../../shared/broker/confirm-silence.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ErrorCode } from '../../../shared/contract/errors.ts';
import type { EventName, RoomcastEvent } from '../../../shared/contract/event.ts';
import type { ContentsHeaders } from '../../../shared/contract/message.ts';
import type { WebhookOutcome } from '../../../shared/contract/outcome.ts';
import type { Address } from '../../../shared/contract/routing.ts';

export type Entrance = WebhookOutcome['entrance'];

/** An event ready to be published: its cursor, and the bytes that clients receive. */
export interface Announcement {
  readonly event: RoomcastEvent;
  readonly cursor: Cursor;
  readonly body: Buffer;
  /** By what a repeat of a backend's id is told from another event. */
  readonly contents?: ContentsHeaders | undefined;
  /** What `calendar` gets of it, where it travels with it. */
  readonly sync?: Pick<Announcement, 'event' | 'cursor' | 'body'> | undefined;
}

export interface EventPublisher {
  /** Throws an AppError when the broker, or our bound on what it has not confirmed, cannot take that much now. */
  ensureRoomFor(messages: number, bytes: number): void;
  /** Hands over at once, in the order of the calls; resolves on the confirm, rejects with an AppError. */
  publish(announcement: Announcement): Promise<Confirm>;
}

/** What an accepted event is answered with. */
export interface Receipt {
  readonly id: string;
  /** The event's own; its companion's are not among them. */
  readonly rooms: readonly Address[];
  readonly cursor: Cursor;
}

/** Told what happens, for the log, the metrics and the health report. */
export interface Observer {
  accepted(
    event: Receipt & { readonly name: EventName; readonly entrance: Entrance; readonly repeated: boolean },
  ): void;
  refused(refusal: {
    readonly entrance: Entrance | 'none';
    readonly code: ErrorCode;
    /** The first problem, or the sentence that was answered. */
    readonly problem: string;
    /** The address of who asked over HTTP. */
    readonly remote?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  }): void;
  /** A webhook of an appointment, once all that it means is done. */
  decided(webhook: Omit<WebhookOutcome, 'at'>): void;
  /** A webhook that announces nothing. */
  ignored(known: boolean): void;
}

/** A UUIDv7 later than every one before it. */
export type NextCursor = () => Cursor;
