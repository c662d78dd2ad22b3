import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { CONFIRM_KEY_HEADER } from '../../../shared/broker/confirms.ts';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import { AppError } from '../../../shared/contract/errors.ts';
import { REVOCATION_MAX_DAYS, REVOCATIONS } from '../../../shared/contract/topology.ts';
import { Time } from '../../../shared/contract/rfc3339.ts';
import { stampOf, unixMs, wallTime } from '../../../shared/core/wall-time.ts';
import { Revocation, revocationFields, type RevocationLine } from '../../../shared/revocations/revocation.ts';
import type { RevocationList } from '../../../shared/revocations/revocation-list.ts';
import type { RevocationStream } from '../../../shared/revocations/revocation-stream.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import { refusal, type Refusal } from '../accept/problems.ts';
import type { Answer } from '../backends/backend.ts';
import { COMMON_REFUSALS, readBody, type AdminRoute } from './route.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_MS = REVOCATION_MAX_DAYS * DAY_MS;
/** How far the clock of the operator may be ahead of ours. */
const LEEWAY_MS = 60_000;

const ONE_OF = 'expected one of user, jti and all';

/** What `POST /v1/admin/revocations` takes. */
const RevocationInput = z
  .strictObject({ ...revocationFields, until: Time.optional() })
  .refine(({ user, jti, all }) => [user, jti, all].filter((name) => name !== undefined).length === 1, ONE_OF)
  .refine(({ jti, issued_before }) => jti === undefined || issued_before === undefined, {
    path: ['issued_before'],
    message: 'expected nothing beside jti, which names one token',
  })
  .refine(({ all, issued_before }) => all === undefined || issued_before !== undefined, {
    path: ['issued_before'],
    message: 'expected a time beside all, so that everybody can come back with a new token',
  });

const RevocationId = z.object({ id: z.string() });
const Listed = z.object({ revocations: z.array(Revocation) });

export interface RevocationsOptions {
  readonly list: RevocationList;
  readonly stream: Pick<RevocationStream, 'isCurrent'>;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly max: number;
  readonly wall: WallClock;
}

export function revocationRoutes(options: RevocationsOptions): readonly AdminRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/admin/revocations',
      operation: {
        summary:
          'Refuses a user (user: close 3000; with issued_before only older tokens: 4001), one token (jti), or all tokens issued before a time, on every instance',
        request: RevocationInput,
        success: { status: 201, description: 'The broker has it', answer: Revocation },
        refusals: [...COMMON_REFUSALS, 'malformed_json', 'invalid_request', 'too_many_revocations'],
      },
      handle: ({ body }) => revoke(body, options),
    },
    {
      method: 'GET',
      path: '/v1/admin/revocations',
      operation: {
        summary: 'Those in force, oldest first',
        success: { status: 200, description: 'All of them', answer: Listed },
        refusals: COMMON_REFUSALS,
      },
      handle: () => {
        ensureCurrent(options);
        const revocations = options.list.entries(unixMs(options.wall()));
        return Promise.resolve({ status: 200, body: { revocations } });
      },
    },
    {
      method: 'DELETE',
      path: '/v1/admin/revocations/:id',
      operation: {
        summary: 'Ends one before its time',
        parameters: RevocationId,
        success: { status: 204, description: 'The broker has it' },
        refusals: [...COMMON_REFUSALS, 'not_found'],
      },
      handle: ({ params }) => lift(RevocationId.parse(params).id, options),
    },
  ];
}

async function revoke(body: Buffer, options: RevocationsOptions): Promise<Answer | Refusal> {
  const { list, max, wall } = options;
  const input = readBody(body, RevocationInput);
  if ('problems' in input) return input;
  const nowMs = unixMs(wall());
  const { until = stampOf(wallTime(nowMs + MAX_MS)), ...rest } = input.value;
  const problem = timeProblem({ ...rest, until }, nowMs);
  if (problem !== undefined) return refusal('invalid_request', [problem]);
  list.forgetEnded(nowMs);
  if (list.size >= max)
    throw new AppError(
      'too_many_revocations',
      `${max} are in force (ADMIN_MAX_REVOCATIONS): end some first.`,
    );
  const revocation = { id: uuidv7(), ...rest, until, created_at: stampOf(wall()) };
  await write({ revocation }, options);
  return { status: 201, body: revocation };
}

function timeProblem(
  { until, issued_before }: Pick<Revocation, 'until' | 'issued_before'>,
  nowMs: number,
): { path: string; message: string } | undefined {
  const untilMs = Date.parse(until);
  if (untilMs <= nowMs) return { path: '/until', message: 'expected a time that is to come' };
  if (untilMs > nowMs + MAX_MS + LEEWAY_MS) {
    return { path: '/until', message: `expected a time within ${REVOCATION_MAX_DAYS} days` };
  }
  if (issued_before === undefined || Date.parse(issued_before) <= nowMs + LEEWAY_MS) return undefined;
  return { path: '/issued_before', message: 'expected a time that has passed: newer tokens are good' };
}

async function lift(id: string, options: RevocationsOptions): Promise<Answer> {
  ensureCurrent(options);
  if (!options.list.has(id, unixMs(options.wall())))
    throw new AppError('not_found', `No revocation ${id} is in force.`);
  await write({ lifted: id }, options);
  return { status: 204 };
}

function ensureCurrent({ stream }: RevocationsOptions): void {
  if (!stream.isCurrent) throw new AppError('broker_unavailable', `${REVOCATIONS} has not been read yet`);
}

async function write(line: RevocationLine, { publisher }: RevocationsOptions): Promise<void> {
  const key = uuidv7();
  await publisher.publish({
    exchange: '',
    routingKey: REVOCATIONS,
    body: Buffer.from(JSON.stringify(line)),
    key,
    properties: { contentType: 'application/json', headers: { [CONFIRM_KEY_HEADER]: key } },
  });
}
