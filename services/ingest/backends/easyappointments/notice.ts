import type { AppointmentEventName } from '../../../../shared/contract/event.ts';
import type { AcceptedEvent } from '../../accept/accept.ts';
import type { AppointmentRow, Verb } from './columns.ts';
import type { AppointmentRecord } from './entries.ts';
import type { Directory, Proposal } from './ledger.ts';
import type { LocalNow } from './local-time.ts';

/** What somebody has to be told; the directory adds names, times with their zone and rooms. */
export type Notice = {
  /** Of two saves of one second: the version of the record that it leads to. Their messages may be told more than once. */
  readonly tie?: number;
  /** Where it was before, for calendars that show it there. */
  readonly before?: Before;
  /** Of one message that tells of several appointments: its id has that of the appointment behind it. */
  readonly isOneOfMany?: boolean;
} & (
  | {
      readonly kind: 'appointment';
      readonly name: AppointmentEventName;
      readonly row: AppointmentRow;
      readonly reason?: string;
      /** Told only to a part of those whom it concerns; absent for all of them. */
      readonly part?: Part;
      /** Of an appointment that its customer is not told of: everybody else, or the customer alone; absent for all. */
      readonly audience?: 'customer' | 'others';
    }
  /** Thin, for calendars: a slot changed that is nobody's appointment, or concerns nobody. */
  | {
      readonly kind: 'sync';
      readonly reason: string;
      readonly id?: number;
      readonly provider?: number;
      /** Whose calendar alone it is for. */
      readonly secretary?: number;
      readonly start?: string | null | undefined;
      readonly end?: string | null | undefined;
    }
);

type Before = Pick<AppointmentRecord, 'start' | 'end' | 'provider' | 'zone'>;

/** Of an appointment that was given away: whom it concerned before and after, and `other` is the row on the other side. */
interface Part {
  readonly who: 'leaving' | 'staying' | 'joining';
  readonly other: AppointmentRow;
}

export type AppointmentDraft = Omit<AppointmentRecord, 'version'>;

export interface Decision {
  /** It tells of another row than the one that is known to exist: nothing is told of it. */
  readonly isOfAnotherRow?: true;
  readonly notices: readonly Notice[];
  /** What is known from now on; absent when that is what was known. */
  readonly record?: AppointmentDraft;
}

export interface Effects {
  readonly notices: readonly Notice[];
  readonly proposals: readonly Proposal[];
  /** Events that come from the backend as they are, before those of the notices. */
  readonly passedOn?: (directory: Directory) => readonly AcceptedEvent[];
  /** Names and zones for its notices, where they are not those of the ledger as it was. */
  readonly directory?: Directory;
  /** See `Decision`. */
  readonly isOfAnotherRow?: true;
}

export const NOTHING: Effects = { notices: [], proposals: [] };

/** By what a change is decided on, beside what is known. */
export interface DecisionContext {
  /** Statuses that mean cancelled, lower case. */
  readonly cancelledStatuses: ReadonlySet<string>;
  /** Statuses that the customer is not told of, lower case. */
  readonly quietStatuses: ReadonlySet<string>;
  /** Whether an appointment keeps its `hash`. */
  readonly keepHash: boolean;
  /** When it was heard of, and now; Unix seconds. */
  readonly seen: number;
  readonly now: number;
  /** Before it nobody needs to hear of another name or zone; `Y-m-d`, a day early, so that no zone on earth is behind it. */
  readonly today: string;
  readonly nowOf: LocalNow;
  /** Whether coming appointments that were told with another name or zone are told again at once. */
  readonly tellAgain: boolean;
  /** Of the REST API, which says nothing of when: whether an unknown one is announced, or only learned. */
  readonly observed?: { readonly isNew: boolean };
}

export interface Told<Row = AppointmentRow> extends DecisionContext {
  readonly verb: Verb;
  readonly row: Row;
}

/** Rows of one appointment after it is gone, by what was known of it. */
export function rowOf(id: number, known: AppointmentDraft): AppointmentRow {
  return {
    id,
    start_datetime: known.start,
    end_datetime: known.end,
    status: known.status,
    is_unavailability: known.absence,
    id_users_provider: known.provider,
    id_users_customer: known.customer,
    id_services: known.service,
  };
}

/** For calendars: when an appointment or an absence is, and where it was before. */
export function syncOf(row: AppointmentRow, reason: string, known?: AppointmentRecord): Notice {
  const { id, id_users_provider: provider, start_datetime: start, end_datetime: end } = row;
  const moved =
    known !== undefined &&
    (known.start !== (start ?? null) || known.end !== (end ?? null) || known.provider !== provider);
  return { kind: 'sync', reason, id, provider, start, end, ...(moved && { before: known }) };
}
