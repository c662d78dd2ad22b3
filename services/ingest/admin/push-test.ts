import { z } from 'zod';
import { jsonIn } from '../../../shared/contract/control.ts';
import { AppError } from '../../../shared/contract/errors.ts';
import { oneOf, personalKinds } from '../../../shared/contract/rooms.ts';
import { PUSH } from '../../../shared/contract/topology.ts';
import { UserName } from '../../../shared/contract/user-name.ts';
import { RateWindow } from '../../../shared/core/rate-window.ts';
import { PUSH_TEST_TYPE, PushTested, type PushTest } from '../../../shared/devices/push-test.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Control } from '../control/control.ts';
import { TooManyRequests } from '../http/problem.ts';
import { COMMON_REFUSALS, MAX_REASON_CHARACTERS, readBody, type AdminRoute } from './route.ts';

/** Longer than push waits for a push service. */
const ANSWER_MS = 15_000;
/** They make phones ring. */
const MAX_TESTS_PER_MINUTE = 10;
const MINUTE_MS = 60_000;

const NOBODY_ELSE = `expected a ${oneOf(personalKinds)}: nobody else is woken`;

const PushTestInput = z.strictObject({
  user: UserName.transform(({ role, userId }, context): PushTest => {
    const personal = personalKinds.find((kind) => kind === role);
    if (personal !== undefined) return { role: personal, user_id: userId };
    context.addIssue({ code: 'custom', message: NOBODY_ELSE });
    return z.NEVER;
  }),
  reason: z.string().min(1).max(MAX_REASON_CHARACTERS).optional(),
});

export interface PushTestOptions {
  readonly control: Pick<Control, 'askConsumer'>;
  readonly now: SteadyClock;
}

export function pushTestRoutes({ control, now }: PushTestOptions): readonly AdminRoute[] {
  const pace = new RateWindow(MAX_TESTS_PER_MINUTE, MINUTE_MS);
  return [
    {
      method: 'POST',
      path: '/v1/admin/push/test',
      operation: {
        summary: 'Sends a notification to the devices of a user, and tells what their push services said',
        request: PushTestInput,
        success: { status: 200, description: 'Every device, once', answer: PushTested },
        refusals: [...COMMON_REFUSALS, 'malformed_json', 'invalid_request', 'push_unavailable'],
      },
      handle: async ({ body }) => {
        const input = readBody(body, PushTestInput);
        if ('problems' in input) return input;
        const { user, reason } = input.value;
        if (!pace.take(now())) {
          const limit = `${MAX_TESTS_PER_MINUTE} tests of a minute are made.`;
          throw new TooManyRequests(limit, pace.remainingMs(now()));
        }
        const tested = await ask(control, user);
        return { status: 200, body: tested, did: { ...user, ...tested, ...(reason && { reason }) } };
      },
    },
  ];
}

async function ask(control: PushTestOptions['control'], request: PushTest): Promise<PushTested> {
  const question = { type: PUSH_TEST_TYPE, request, withinMs: ANSWER_MS };
  const answer = await control.askConsumer(PUSH, question).catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'broken_topology')) throw error;
    throw new AppError(
      'push_unavailable',
      'Push has never run on this broker: docs/push.md says how to set it up.',
    );
  });
  const tested = answer && PushTested.safeParse(jsonIn(answer)).data;
  if (tested !== undefined) return tested;
  throw new AppError(
    'push_unavailable',
    `No instance of push answered within ${ANSWER_MS / 1_000} s: it does not run, has much to do, or is older than this ingest.`,
  );
}
