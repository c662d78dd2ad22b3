import type { Refusal } from '../../accept/problems.ts';
import { effectsOfBlockedPeriod } from './blocked-periods.ts';
import type { AppointmentRow } from './columns.ts';
import { decide } from './decide.ts';
import type { Told } from './notice.ts';
import type { Ledger } from './ledger.ts';
import type { LocalNow } from './local-time.ts';
import { effectsOfPerson, effectsOfService, type Effects } from './people.ts';
import type { Change, RowChange } from './webhook.ts';

export interface DecisionContext {
  readonly cancelledStatuses: ReadonlySet<string>;
  readonly quietStatuses: ReadonlySet<string>;
  /** When it was heard of; Unix seconds. */
  readonly seen: number;
  /** Unix seconds. */
  readonly now: number;
  /** `Y-m-d`; a day early, so that no zone on earth is behind it. */
  readonly today: string;
  readonly nowOf: LocalNow;
  /** See `PersonTold`. */
  readonly tellAgain: boolean;
}

/** Of a change that tells of another appointment under the id of one that exists. */
export function idsClash({ kind }: Pick<Change, 'kind'>): Refusal {
  const path = kind === 'broadcast' ? '/data/create_datetime' : '/payload/create_datetime';
  const message =
    'expected that of the known appointment with this id: it is another one, of another installation (run one roomcast for each) or of a restored backup';
  return { code: 'ids_clash', problems: [{ path, message }] };
}

/** What a webhook means after all that the ledger knows: whom to tell what, and what to keep. */
export function effectsOf(webhook: RowChange, ledger: Ledger, context: DecisionContext): Effects {
  switch (webhook.kind) {
    case 'appointment':
      return effectsOfAppointment(ledger, { ...context, verb: webhook.verb, row: webhook.row });
    case 'blocked_period':
      return effectsOfBlockedPeriod(ledger, { ...webhook, ...context });
    case 'service':
      return effectsOfService(ledger, { ...webhook, ...context });
    default:
      return effectsOfPerson(ledger, { ...webhook, ...context });
  }
}

export function effectsOfAppointment(ledger: Ledger, told: Told): Effects {
  const { id }: AppointmentRow = told.row;
  const { notices, record, isOfAnotherRow } = decide(ledger.get('appointment', id), told);
  return {
    notices,
    proposals: record === undefined ? [] : [{ kind: 'appointment', id, record }],
    ...(isOfAnotherRow && { isOfAnotherRow }),
  };
}
