import { z } from 'zod';

const MAX_LIMIT = 500;
const MAX_WAIT_S = 25;

function whole(name: string, min: number, max: number) {
  const expected = `"${name}" is a whole number from ${min} to ${max}.`;
  return z.coerce.number(expected).int(expected).min(min, expected).max(max, expected);
}

const PollQuery = z
  .object({
    after: z.string().optional(),
    /** Events stamped later than the cursor in one answer. */
    limit: whole('limit', 1, MAX_LIMIT).default(MAX_LIMIT),
    /** How long the answer may take while there is nothing. */
    wait: whole('wait', 0, MAX_WAIT_S).default(0),
  })
  .transform(({ wait, ...rest }) => ({ ...rest, waitMs: wait * 1_000 }));
export type PollRequest = z.infer<typeof PollQuery>;

/** Of several values the first counts; an empty one is none. */
export function readPollQuery(query: URLSearchParams): PollRequest | { readonly problem: string } {
  const firsts = new Map([...query].reverse());
  const given = [...firsts].filter(([, value]) => value !== '');
  const parsed = PollQuery.safeParse(Object.fromEntries(given));
  return parsed.data ?? { problem: parsed.error.issues[0]?.message ?? '' };
}
