import { z } from 'zod';
import { HISTORY, INBOX, LEDGER, REJECTED } from '../contract/topology.ts';

const BYTES = 'max-length-bytes';
const QUEUE_KEYS = ['max-length', BYTES, 'message-ttl'];
/** What lets the broker drop messages, by queue. A queue of a delivery instance is consumed, so it does not expire. */
const DROPPING: ReadonlyMap<string, readonly string[]> = new Map([
  [INBOX, [...QUEUE_KEYS, 'expires']],
  [REJECTED, [...QUEUE_KEYS, 'expires']],
  [HISTORY, ['max-age', BYTES]],
  [LEDGER, ['max-age', BYTES]],
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

/** A history may be as large as `historyMaxBytes`: a policy that bounds it there does what is wanted. */
export function droppingPolicies(
  queue: string,
  {
    policy,
    operator_policy: operatorPolicy,
    effective_policy_definition: definition,
  }: z.infer<typeof PolicyFields>,
  historyMaxBytes: number,
): readonly DroppingPolicy[] {
  // Both may set a key, and the broker tells only which value counts.
  const policies = [operatorPolicy && `operator policy "${operatorPolicy}"`, policy && `policy "${policy}"`];
  const by = policies.filter(Boolean).join(' or ');
  return (DROPPING.get(queue) ?? QUEUE_KEYS)
    .filter((key) => definition?.[key] !== undefined)
    .filter((key) => !(queue === HISTORY && key === BYTES && Number(definition?.[key]) >= historyMaxBytes))
    .map((key) => ({ queue, words: `${key} ${String(definition?.[key])} by ${by}` }));
}
