import { blockedPeriodRowOf, effectsOfBlockedPeriod } from './blocked-periods.ts';
import {
  AppointmentRow,
  AppointmentRowWithHash,
  BlockedPeriodRow,
  PersonRow,
  ServiceRow,
} from './columns.ts';
import { rowOf, type Told } from './notice.ts';
import type { Ledger } from './ledger.ts';
import type { Effects } from './people.ts';
import { effectsOf, effectsOfAppointment, type DecisionContext } from './effects.ts';
import type { Observation } from './api/ports.ts';

export interface ObservedOptions {
  /** Whether an appointment keeps its `hash`. */
  readonly keepHash: boolean;
  /** Its name is as the REST API has it. */
  readonly heard: (customer: number) => void;
}

const NOTHING: Effects = { notices: [], proposals: [] };

/** What the REST API shows, after all that the ledger knows. */
export function effectsOfObservation(
  observation: Observation,
  ledger: Ledger,
  context: DecisionContext,
  { keepHash, heard }: ObservedOptions,
): Effects {
  switch (observation.kind) {
    case 'appointment': {
      const row = (keepHash ? AppointmentRowWithHash : AppointmentRow).parse(observation.row);
      const known = ledger.get('appointment', row.id);
      const isUndecided = known?.undecided === true;
      // Of two webhooks of one second the REST API knows which counts, as soon as it was asked after both.
      const asOf = isUndecided ? Math.floor(observation.asOfMs / 1000) : context.seen;
      if (toldSince(ledger.get('appointment', row.id), asOf, context.now)) return NOTHING;
      const observed = { isNew: observation.isNew };
      const effects = effectsOfAppointment(ledger, { ...context, verb: 'save', row, observed });
      const isWhole = known !== undefined && (!known.absence || known.listed !== undefined);
      return onlyChanges(effects, isWhole && !isUndecided);
    }
    case 'blocked_period': {
      const row = BlockedPeriodRow.parse(observation.row);
      if (toldSince(ledger.get('blocked_period', row.id), context.seen, context.now)) return NOTHING;
      const observed = { isNew: observation.isNew };
      const effects = effectsOfBlockedPeriod(ledger, { ...context, verb: 'save', row, observed });
      return onlyChanges(effects, ledger.get('blocked_period', row.id) !== undefined);
    }
    case 'gone':
      return effectsOfGone(observation, ledger, { ...context, verb: 'delete', observed: { isNew: true } });
    case 'person': {
      const row = PersonRow.parse(observation.row);
      if (toldSince(ledger.get(observation.role, row.id), context.seen, context.now)) return NOTHING;
      if (observation.role === 'customer') heard(row.id);
      return effectsOf({ kind: observation.role, verb: 'save', row }, ledger, context);
    }
    case 'service': {
      const row = ServiceRow.parse(observation.row);
      if (toldSince(ledger.get('service', row.id), context.seen, context.now)) return NOTHING;
      return effectsOf({ kind: 'service', verb: 'save', row }, ledger, context);
    }
  }
}

function effectsOfGone(
  { of, id }: Extract<Observation, { kind: 'gone' }>,
  ledger: Ledger,
  told: DecisionContext & Pick<Told, 'verb' | 'observed'>,
): Effects {
  if (of === 'blocked_period') {
    const known = ledger.get('blocked_period', id);
    if (known === undefined || toldSince(known, told.seen, told.now)) return NOTHING;
    return effectsOfBlockedPeriod(ledger, { ...told, row: blockedPeriodRowOf(id, known) });
  }
  const known = ledger.get('appointment', id);
  if (known === undefined || toldSince(known, told.seen, told.now)) return NOTHING;
  // Both have one id space: where appointments are asked for, an absence is not found.
  if (known.absence !== (of === 'unavailability')) return NOTHING;
  return effectsOfAppointment(ledger, { ...told, row: rowOf(id, known) });
}

/** A run looks at every appointment there is: one that shows nothing new leaves no entry. */
function onlyChanges(effects: Effects, isKnown: boolean): Effects {
  return isKnown && effects.notices.length === 0 ? NOTHING : effects;
}

/** How far ahead of our clock that of the instance may be that heard of it; seconds. */
const APART_S = 60;

/**
 * What a webhook told after the REST API was asked is newer than its answer. What was told in the future was told before
 * our clock was set back, and the answer counts.
 */
function toldSince(known: { readonly seen: number } | undefined, asOf: number, now: number): boolean {
  return known !== undefined && known.seen > asOf && known.seen <= now + APART_S;
}
