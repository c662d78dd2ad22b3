import { appointmentIdKeys, appointmentIdOf } from '../../../shared/contract/appointment-id.ts';
import type { EventData } from '../../../shared/contract/event.ts';
import { parseId } from '../../../shared/contract/ids.ts';
import type { Problem } from '../../../shared/contract/errors.ts';

/** Whom an event concerns, read from the spellings that backends use. */
export interface Concerned {
  readonly appointmentId: number | undefined;
  readonly providerId: number | undefined;
  readonly customerId: number | undefined;
  readonly secretaryIds: readonly number[];
}

export const spellings = {
  appointment: appointmentIdKeys,
  provider: ['provider_id', 'providerId', 'id_users_provider'],
  customer: ['customer_id', 'customerId', 'id_users_customer'],
  secretaries: ['secretary_ids', 'secretaryIds'],
} as const;

const startKeys = ['start', 'start_datetime', 'startAt'] as const;
const endKeys = ['end', 'end_datetime', 'endAt'] as const;

/** Ids that do not parse are absent here; the schema reports them. */
export function concernedBy(data: EventData): Concerned {
  return {
    appointmentId: appointmentIdOf(data),
    providerId: firstId(data, spellings.provider),
    customerId: firstId(data, spellings.customer),
    secretaryIds:
      spellings.secretaries.map((key) => idList(data[key])).find((ids) => ids !== undefined) ?? [],
  };
}

/** Two spellings of one thing that do not say the same: guessing would address the wrong person. */
export function contradictions(data: EventData): Problem[] {
  return Object.values(spellings).flatMap((keys) => {
    const said = keys.flatMap((key) => {
      const ids = idList(data[key])?.toSorted((a, b) => a - b);
      const meaning = parseId(data[key])?.toString() ?? ids?.join();
      return meaning === undefined ? [] : [{ key, meaning }];
    });
    const [first, ...others] = said;
    return others
      .filter(({ meaning }) => meaning !== first?.meaning)
      .map(({ key }) => ({
        path: `/data/${key}`,
        message: `expected the same as ${first?.key ?? ''}: ${first?.key ?? ''} and ${key} say different ids`,
      }));
  });
}

/** What everybody's calendar gets of an event: which slot to refresh, and why. */
export function syncData(
  reason: string,
  { appointmentId, providerId }: Pick<Concerned, 'appointmentId' | 'providerId'>,
  data: EventData,
): EventData {
  return {
    reason,
    ...(appointmentId !== undefined && { appointment_id: appointmentId }),
    ...(providerId !== undefined && { provider_id: providerId }),
    ...timeIn(data, 'start', startKeys),
    ...timeIn(data, 'end', endKeys),
  };
}

/** When it is, in the backend's own words. A wall-clock time whose zone is not known has a key of its own. */
function timeIn(data: EventData, key: 'start' | 'end', spelled: readonly string[]): EventData {
  const local = `${key}_local`;
  const found = Object.hasOwn(data, local) && !Object.hasOwn(data, key) ? local : key;
  const texts = (found === local ? [local] : spelled).map((name) => data[name]);
  const text = texts.find((value) => typeof value === 'string');
  return text === undefined ? {} : { [found]: text };
}

export function firstId(data: EventData, keys: readonly string[]): number | undefined {
  return keys.map((key) => parseId(data[key])).find((id) => id !== undefined);
}

function idList(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map(parseId).filter((id) => id !== undefined);
}
