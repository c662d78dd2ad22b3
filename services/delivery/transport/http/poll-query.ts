import { z } from 'zod';
import type { PollRequest } from './poll.ts';

const MAX_LIMIT = 500;
const MAX_WAIT_S = 25;

function whole(name: string, min: number, max: number) {
  const expected = `"${name}" is a whole number from ${min} to ${max}.`;
  return z.coerce.number(expected).int(expected).min(min, expected).max(max, expected);
}

const PollQuery = z.object({
  limit: whole('limit', 1, MAX_LIMIT).default(MAX_LIMIT),
  wait: whole('wait', 0, MAX_WAIT_S).default(0),
});

export function readPollQuery(query: URLSearchParams): PollRequest | { readonly problem: string } {
  const given = (name: string) => {
    const value = query.get(name);
    return value === null || value === '' ? undefined : value;
  };
  const parsed = PollQuery.safeParse({ limit: given('limit'), wait: given('wait') });
  if (!parsed.success) return { problem: parsed.error.issues[0]?.message ?? '' };
  return { after: given('after'), limit: parsed.data.limit, waitMs: parsed.data.wait * 1_000 };
}
