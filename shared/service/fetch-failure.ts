import { z } from 'zod';
import { errorText } from './error-text.ts';

/** `fetch` throws errors of the runtime's own, and says what went wrong in their cause only. */
const Failure = z.object({ name: z.string().optional(), cause: z.unknown().optional() });
const Cause = z.object({ message: z.string().min(1) });

/** Why a request to another service brought nothing, for people; `wrong` is what to say of an answer that cannot be read. */
export function fetchFailure(
  error: unknown,
  { timeoutMs, wrong }: { timeoutMs: number; wrong: string },
): string {
  const { name, cause } = Failure.safeParse(error).data ?? {};
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  if (name === 'SyntaxError' || error instanceof z.ZodError) return wrong;
  return Cause.safeParse(cause).data?.message ?? errorText(error);
}
