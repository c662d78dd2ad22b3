import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * What the ledger's stream holds: the newest value of each thing we keep, and the older ones before it. Among the
 * entries of one thing the highest `version` counts, wherever it stands: an instance that lost its place may write late.
 */

const Version = z.int().positive();
const PositiveId = z.int().positive();

/** What was last known, and announced, of an appointment or an absence. */
export const AppointmentRecord = z.object({
  version: Version,
  provider: PositiveId,
  customer: PositiveId.nullable(),
  service: PositiveId.nullable(),
  /** Wall-clock times of the provider's zone, as the backend writes them. */
  start: z.string().nullable(),
  end: z.string().nullable(),
  status: z.string().nullable(),
  state: z.enum(['booked', 'cancelled', 'deleted']),
  absence: z.boolean(),
  /** `update_datetime` by the backend's clock; seconds, zone unknown, good for comparing only. */
  updated: z.int().nullable(),
  /** When we were told, by our clock; Unix seconds. */
  seen: z.int(),
  /** Of everything that clients are shown: the same means that nothing changed. */
  digest: z.int(),
  /** The provider's zone as clients were told it, `null` for none; absent in records of before 0.5. */
  zone: z.string().nullable().optional(),
  /** Digest of the names as clients were told them; absent as above. */
  names: z.int().optional(),
  /** `create_datetime` as `updated`; another one is another row under the same id. */
  created: z.int().optional(),
  /** Of an absence: digest of what the REST API lists too; absent in records of before 0.5. */
  listed: z.int().optional(),
  /** Two saves of one second said different things, and nobody has asked yet which was the last. */
  undecided: z.literal(true).optional(),
  /** Its customer has not been told of it, by its status. */
  quiet: z.literal(true).optional(),
});
export type AppointmentRecord = z.infer<typeof AppointmentRecord>;

export const PersonRecord = z.object({
  version: Version,
  /** When we were told, by our clock; Unix seconds. */
  seen: z.int(),
  gone: z.boolean(),
  name: z.string().nullable(),
  timezone: z.string().nullable(),
  /** Of a secretary: the providers she works for. */
  providers: z.array(PositiveId),
  /** Digest of a provider's working plan, exceptions and all, as a webhook writes it. */
  plan: z.int().nullable(),
  /** Digest of its week alone, in whatever form; absent where no webhook told it, and in records of before 0.5. */
  week: z.int().optional(),
  /** Digest of its exceptions, in whatever form; absent as above, where the REST API did not tell it either. */
  availability: z.int().optional(),
  /** As that of an appointment; absent where no webhook told it. */
  updated: z.int().optional(),
});
export type PersonRecord = z.infer<typeof PersonRecord>;

const ServiceRecord = PersonRecord.pick({ version: true, seen: true, gone: true, name: true, updated: true });

export const BlockedPeriodRecord = z.object({
  ...PersonRecord.pick({ version: true, seen: true, gone: true }).shape,
  /** Wall-clock times of the site's default zone. */
  start: z.string().nullable(),
  end: z.string().nullable(),
  /** As that of an appointment. */
  updated: z.int().nullable(),
  digest: z.int(),
});
export type BlockedPeriodRecord = z.infer<typeof BlockedPeriodRecord>;

/** The last complete reconciliation: when its first question was asked, and the days that it covered. */
const RunRecord = z.object({
  version: Version,
  asOfMs: z.int(),
  firstDay: z.string(),
  lastDay: z.string(),
  /** The site's default time zone. */
  zone: z.string().optional(),
  /** The lowest id of those that were ever compared; absent while their list was never read to its end. */
  unavailabilitiesFrom: z.int().optional(),
  blockedPeriodsFrom: z.int().optional(),
});

/** One thing's value, as it is written. */
export const LedgerEntry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('appointment'), id: PositiveId, record: AppointmentRecord }),
  z.object({ kind: z.literal('provider'), id: PositiveId, record: PersonRecord }),
  z.object({ kind: z.literal('customer'), id: PositiveId, record: PersonRecord }),
  z.object({ kind: z.literal('secretary'), id: PositiveId, record: PersonRecord }),
  z.object({ kind: z.literal('service'), id: PositiveId, record: ServiceRecord }),
  z.object({ kind: z.literal('blocked_period'), id: PositiveId, record: BlockedPeriodRecord }),
  z.object({ kind: z.literal('run'), id: PositiveId, record: RunRecord }),
]);
export type LedgerEntry = z.infer<typeof LedgerEntry>;
export type Records = { readonly [Entry in LedgerEntry as Entry['kind']]: Entry['record'] };
export type Kind = keyof Records;
/** What an appointment refers to by id, and is shown with the name of. */
export type NamedKind = 'provider' | 'customer' | 'service';

export const kinds: readonly string[] = LedgerEntry.options.map(({ shape }) => shape.kind.value);

/** There is one run. */
export const RUN_ID = 1;

export function keyOf({ kind, id }: Pick<LedgerEntry, 'kind' | 'id'>): string {
  return `${kind}/${id}`;
}

/** 48 bits, for comparing something with itself at another time. */
export function digestOf(value: unknown): number {
  return createHash('sha256').update(JSON.stringify(value)).digest().readUIntBE(0, 6);
}

/** Of what is handed to the broker before it is heard; far below the smallest bound on what is unconfirmed. */
const BATCH = 200;

export function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += BATCH) yield items.slice(at, at + BATCH);
}
