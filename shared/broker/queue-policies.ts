import { z } from 'zod';
import { HISTORY, INBOX, LEDGER, RECEIPTS, REJECTED, REVOCATIONS } from '../contract/topology.ts';

const BYTES = 'max-length-bytes';
const QUEUE_KEYS = ['max-length', BYTES, 'message-ttl'];
/** What lets the broker drop messages, by queue. A queue of a delivery instance is consumed, so it does not expire. */
const DROPPING: ReadonlyMap<string, readonly string[]> = new Map([
  [INBOX, [...QUEUE_KEYS, 'expires']],
  [REJECTED, [...QUEUE_KEYS, 'expires']],
  [HISTORY, ['max-age', BYTES]],
  [LEDGER, ['max-age', BYTES]],
  [REVOCATIONS, ['max-age', BYTES]],
  [RECEIPTS, ['max-age', BYTES]],
]);

const PolicyName = z.string().nullish().catch(undefined);

/** The columns of the management API that tell what its operator has laid on a queue. */
export const policyColumns = 'policy,operator_policy,effective_policy_definition';
export const PolicyFields = z.object({
  policy: PolicyName,
  operator_policy: PolicyName,
  /** An empty one comes as a list. */
  effective_policy_definition: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

/** One setting of a policy by which the broker drops messages of ours. */
export interface DroppingPolicy {
  readonly queue: string;
  /** For a person: `max-length 1000 by operator policy "cap"`. */
  readonly words: string;
}

/** A policy that bounds a queue no lower does what is wanted. Infinity where none is. */
export interface WantedBounds {
  readonly historyMaxBytes: number;
  /** 0 where somebody else looks at it. */
  readonly inboxMaxMessages: number;
}

export function droppingPolicies(
  queue: string,
  {
    policy,
    operator_policy: operatorPolicy,
    effective_policy_definition: definition,
  }: z.infer<typeof PolicyFields>,
  wanted: WantedBounds,
): readonly DroppingPolicy[] {
  // Both may set a key, and the broker tells only which value counts.
  const policies = [operatorPolicy && `operator policy "${operatorPolicy}"`, policy && `policy "${policy}"`];
  const by = policies.filter(Boolean).join(' or ');
  return (DROPPING.get(queue) ?? QUEUE_KEYS)
    .filter((key) => definition?.[key] !== undefined)
    .filter((key) => !isWanted(queue, key, definition, wanted))
    .map((key) => ({ queue, words: `${key} ${String(definition?.[key])} by ${by}` }));
}

function isWanted(
  queue: string,
  key: string,
  definition: Readonly<Record<string, unknown>> | undefined,
  { historyMaxBytes, inboxMaxMessages }: WantedBounds,
): boolean {
  const value = Number(definition?.[key]);
  // The inbox refuses what does not fit, by its own argument.
  if (queue === INBOX && key === 'max-length') return value >= inboxMaxMessages;
  if (queue === HISTORY && key === BYTES) return value >= historyMaxBytes;
  return queue === REJECTED && key.startsWith('max-length') && definition?.['overflow'] === 'reject-publish';
}
