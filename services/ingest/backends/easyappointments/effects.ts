import { effectsOfBlockedPeriod } from './blocked-periods.ts';
import { effectsOfBroadcast } from './broadcast.ts';
import { rowSchema } from './columns.ts';
import { decide } from './decide.ts';
import { NOTHING, rowOf, type DecisionContext, type Effects, type Told } from './notice.ts';
import type { Ledger } from './ledger.ts';
import { effectsOfPerson, effectsOfService } from './people.ts';
import type { Observation } from './api/ports.ts';
import type { Change, RowChange } from './webhook.ts';

/** How far ahead of our clock that of the instance may be that heard of it; seconds. */
const APART_S = 60;

/** What a change means after all that the ledger knows: whom to tell what, and what to keep. */
export function effectsOf(change: Change, ledger: Ledger, context: DecisionContext): Effects {
  switch (change.kind) {
    case 'appointment':
      return effectsOfAppointment(ledger, { ...context, ...change });
    case 'broadcast':
      return effectsOfBroadcast(change, ledger, context);
    case 'blocked_period':
      return effectsOfBlockedPeriod(ledger, { ...context, ...change });
    case 'service':
      return effectsOfService(ledger, { ...context, ...change });
    default:
      return effectsOfPerson(ledger, { ...context, ...change });
  }
}

function effectsOfAppointment(ledger: Ledger, told: Told): Effects {
  const { id } = told.row;
  const { notices, record, isOfAnotherRow } = decide(ledger.get('appointment', id), told);
  return {
    notices,
    proposals: record === undefined ? [] : [{ kind: 'appointment', id, record }],
    ...(isOfAnotherRow && { isOfAnotherRow }),
  };
}

/** What the REST API shows, after all that the ledger knows. A customer whose name is as the API has it is `heard`. */
export function effectsOfObservation(
  observation: Observation,
  ledger: Ledger,
  context: DecisionContext,
  heard: (customer: number) => void,
): Effects {
  if (observation.kind === 'gone') return effectsOfGone(observation, ledger, context);
  const kind = observation.kind === 'person' ? observation.role : observation.kind;
  const row = rowSchema(kind, context)?.parse(observation.row);
  const change = { kind, verb: 'save', row } as RowChange;
  const known = ledger.get(kind, change.row.id);
  const isUndecided = known !== undefined && 'undecided' in known && known.undecided === true;
  // Of two webhooks of one second the REST API knows which counts, as soon as it was asked after both.
  const asOf = isUndecided ? Math.floor(observation.asOfMs / 1000) : context.seen;
  if (toldSince(known, asOf, context.now)) return NOTHING;
  if (kind === 'customer') heard(change.row.id);
  const observed = 'isNew' in observation ? { observed: { isNew: observation.isNew } } : {};
  const effects = effectsOf(change, ledger, { ...context, ...observed });
  if (effects.notices.length > 0 || known === undefined || !('digest' in known)) return effects;
  const lacksListed = 'absence' in known && known.absence && known.listed === undefined;
  // A run looks at every row there is: one that shows nothing new leaves no entry.
  return isUndecided || lacksListed ? effects : NOTHING;
}

function effectsOfGone(
  { of, id }: Extract<Observation, { kind: 'gone' }>,
  ledger: Ledger,
  context: DecisionContext,
): Effects {
  const known = ledger.get(of === 'blocked_period' ? of : 'appointment', id);
  if (known === undefined || toldSince(known, context.seen, context.now)) return NOTHING;
  const told = { ...context, verb: 'delete', observed: { isNew: true } } as const;
  if (!('absence' in known)) {
    const row = { id, start_datetime: known.start, end_datetime: known.end };
    return effectsOfBlockedPeriod(ledger, { ...told, row });
  }
  // Both have one id space: where appointments are asked for, an absence is not found.
  if (known.absence !== (of === 'unavailability')) return NOTHING;
  return effectsOfAppointment(ledger, { ...told, row: rowOf(id, known) });
}

/**
 * What a webhook told after the REST API was asked is newer than its answer. What was told in the future was told before
 * our clock was set back, and the answer counts.
 */
function toldSince(known: { readonly seen: number } | undefined, asOf: number, now: number): boolean {
  return known !== undefined && known.seen > asOf && known.seen <= now + APART_S;
}
