import { AppointmentRow, AppointmentRowWithHash, PersonRow, ServiceRow } from './columns.ts';
import { rowOf } from './decide.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './people.ts';
import { planFor, planForAppointment, type PlanContext } from './plan.ts';
import type { Observation } from './rest/ports.ts';
import type { Role } from './webhook.ts';

export interface ObservedOptions {
  /** Whether an appointment keeps its `hash`. */
  readonly keepHash: boolean;
  /** Its name is as the REST API has it. */
  readonly heard: (customer: number) => void;
}

const NOTHING: Plan = { news: [], proposals: [] };

/** What the REST API shows, after all that the ledger knows. */
export function planForObservation(
  observation: Observation,
  ledger: Ledger,
  context: PlanContext,
  { keepHash, heard }: ObservedOptions,
): Plan {
  switch (observation.kind) {
    case 'appointment': {
      const row = (keepHash ? AppointmentRowWithHash : AppointmentRow).parse(observation.row);
      const known = ledger.get('appointment', row.id);
      const isUndecided = known?.undecided === true;
      // Of two webhooks of one second the REST API knows which counts, as soon as it was asked after both.
      const asOf = isUndecided ? Math.floor(observation.asOfMs / 1000) : context.seen;
      if (toldSince(ledger, 'appointment', row.id, asOf)) return NOTHING;
      const observed = { isNews: observation.isNews };
      const plan = planForAppointment(ledger, { ...context, verb: 'save', row, observed });
      return onlyChanges(plan, known !== undefined && !isUndecided);
    }
    case 'gone': {
      const { appointmentId: id } = observation;
      const known = ledger.get('appointment', id);
      if (known === undefined || toldSince(ledger, 'appointment', id, context.seen)) return NOTHING;
      const told = { ...context, verb: 'delete', row: rowOf(id, known), observed: { isNews: true } } as const;
      return planForAppointment(ledger, told);
    }
    case 'person': {
      const row = PersonRow.parse(observation.row);
      if (toldSince(ledger, observation.role, row.id, context.seen)) return NOTHING;
      if (observation.role === 'customer') heard(row.id);
      return planFor({ kind: 'person', role: observation.role, verb: 'save', row }, ledger, context);
    }
    case 'service': {
      const row = ServiceRow.parse(observation.row);
      if (toldSince(ledger, 'service', row.id, context.seen)) return NOTHING;
      return planFor({ kind: 'service', verb: 'save', row }, ledger, context);
    }
  }
}

/** A run looks at every appointment there is: one that shows nothing new leaves no entry. */
function onlyChanges(plan: Plan, isKnown: boolean): Plan {
  return isKnown && plan.news.length === 0 ? NOTHING : plan;
}

/** What a webhook told after the REST API was asked is newer than its answer. */
function toldSince(
  ledger: Ledger,
  kind: 'appointment' | Role | 'service',
  id: number,
  asOf: number,
): boolean {
  const known = ledger.get(kind, id);
  return known !== undefined && known.seen > asOf;
}
