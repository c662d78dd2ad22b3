import type { BlockedPeriodRow } from './columns.ts';
import { digestOf, type BlockedPeriodRecord } from './entries.ts';
import type { Ledger } from './ledger.ts';
import { NOTHING, type Effects, type Told } from './notice.ts';
import { isOutdated, secondsOf } from './staleness.ts';

type BlockedPeriodTold = Told<BlockedPeriodRow>;

/** A time when nobody can be booked: calendars are told when it is another one, or called otherwise. */
export function effectsOfBlockedPeriod(ledger: Ledger, told: BlockedPeriodTold): Effects {
  const { verb, row } = told;
  const known = ledger.get('blocked_period', row.id);
  const record = recordOf(known, told);
  const proposals = [{ kind: 'blocked_period', id: row.id, record }] as const;
  if (verb === 'delete') return known?.gone === true ? NOTHING : { notices: [noticeOf(told)], proposals };
  if (known === undefined && told.observed?.isNew === false) return { notices: [], proposals };
  if (known !== undefined && isOutdated(known, told)) return NOTHING;
  const isSame = known !== undefined && !known.gone && known.digest === record.digest;
  return { notices: isSame ? [] : [noticeOf(told)], proposals };
}

function noticeOf({ verb, row }: BlockedPeriodTold): Effects['notices'][number] {
  const { start_datetime: start, end_datetime: end } = row;
  return { kind: 'sync', reason: `blocked_period.${verb === 'save' ? 'saved' : 'deleted'}`, start, end };
}

function recordOf(
  known: BlockedPeriodRecord | undefined,
  { verb, row, seen, observed }: BlockedPeriodTold,
): Omit<BlockedPeriodRecord, 'version'> {
  const { name, start_datetime: start, end_datetime: end, notes } = row;
  return {
    seen,
    gone: verb === 'delete',
    start: start ?? null,
    end: end ?? null,
    // The REST API does not tell it.
    updated: observed === undefined ? secondsOf(row.update_datetime) : (known?.updated ?? null),
    digest: digestOf([start, end, name, notes].map((value) => value ?? '')),
  };
}
