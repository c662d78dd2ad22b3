import { z } from 'zod';

export const Reason = z.object({
  code: z.string(),
  /** What is wrong, and what to look at next. */
  message: z.string(),
  /** What was measured, and the setting that it lies above, where there are such. */
  value: z.number().optional(),
  limit: z.number().optional(),
  /** Added where the report goes out. */
  since: z.iso.datetime().optional(),
});

/** The part of `/health` that the page shows. */
export const ShownReport = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  stats: z.record(z.string(), z.number()),
  broker: z.object({ state: z.enum(['connected', 'blocked', 'down']), reason: z.string().optional() }),
  queues: z.array(z.object({ name: z.string(), messages: z.number(), consumers: z.number() })),
  reasons: z.array(Reason),
});

/** Samples by column: as many values in each as there are times. `null` is a moment without a value. */
export const Series = z.object({
  at_ms: z.array(z.number()),
  columns: z.record(z.string(), z.array(z.number().nullable())),
});
export type Series = z.infer<typeof Series>;

/** Totals since the start by name: of a role, a close code, the code of a refusal. */
export const Counts = z.record(z.string(), z.number());
export type Counts = z.infer<typeof Counts>;

/** One running service, as the page shows it. */
export const InstanceStatus = z.object({
  service: z.enum(['ingest', 'delivery', 'push']),
  instance: z.string(),
  report: ShownReport,
  series: Series,
  counts: z.record(z.string(), Counts).default({}),
});
export type InstanceStatus = z.infer<typeof InstanceStatus>;

export type ServiceName = InstanceStatus['service'];

/** Another service as it was reached, or why it was not. */
export type PeerStatus =
  | { readonly url: string; readonly status: InstanceStatus }
  /** `since`: RFC 3339, as the service that asks has seen it. */
  | { readonly url: string; readonly failure: string; readonly since: string };

/** What `/status.json` answers. */
export interface StatusDocument {
  readonly now_ms: number;
  /** Whether the page has a part for operators, and keys open it; absent of a service that has none. */
  readonly operators?: 'open' | 'closed';
  readonly self: InstanceStatus;
  readonly peers: readonly PeerStatus[];
}
