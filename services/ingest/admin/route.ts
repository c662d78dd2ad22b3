import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError } from '../../../shared/contract/errors.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { parseJson } from '../accept/json.ts';
import { problemsOf, refusal, type Refusal } from '../accept/problems.ts';
import type { Answer, Operation } from '../backends/backend.ts';
import type { Auth } from '../http/auth.ts';
import { TooManyRequests } from '../http/problem.ts';

/** What an operator may ask for. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: `/v1/admin/${string}`;
  readonly operation: Operation & {
    /** In the path. */
    readonly parameters?: z.ZodObject;
    readonly query?: z.ZodObject;
  };
  readonly handle: (asked: Asked) => Promise<AdminAnswer | Refusal>;
}

export type AdminAnswer = Omit<Answer, 'body'> & {
  /** JSON, or plain text. */
  readonly body?: object | string;
  /** For the log, where the answer does not say what was done, and why. */
  readonly did?: object;
};

export interface Asked {
  readonly body: Buffer;
  readonly params: unknown;
  readonly query: unknown;
}

/** The operator's part of the port: with keys of its own, or not there. */
export interface Admin {
  readonly auth: Auth;
  readonly routes: readonly AdminRoute[];
}

export interface AdminRouteOptions {
  readonly admin: Admin;
  readonly addressOf: (request: FastifyRequest) => string;
  readonly refuse: (request: FastifyRequest, reply: FastifyReply, refusal: Refusal) => FastifyReply;
  readonly logger: Logger;
}

/** What any of the calls may be answered with besides. */
export const COMMON_REFUSALS = ['unauthorized', 'too_many_requests', 'broker_unavailable'] as const;

const PREFIX = '/v1/admin/';
/** Calls at a time: some of them read the history or hold answers of every instance. */
const MAX_CALLS = 8;
const BUSY_MS = 1_000;
/** Of the header by which any call may say why it is made. */
const REASON_HEADER = 'x-reason';
export const MAX_REASON_CHARACTERS = 1_000;

export function isAdminPath(path: string | undefined): boolean {
  return path?.startsWith(PREFIX) ?? false;
}

/** A JSON body as a schema reads it. */
export function readBody<Output>(body: Buffer, schema: z.ZodType<Output>): { value: Output } | Refusal {
  const json = parseJson(body, { inexact: 'refuse' });
  return 'problems' in json ? json : readFields(json.value, schema);
}

/** A query, or what stands in a path. */
export function readFields<Output>(fields: unknown, schema: z.ZodType<Output>): { value: Output } | Refusal {
  const read = schema.safeParse(fields);
  return read.success ? { value: read.data } : refusal('invalid_request', problemsOf(read.error));
}

/** The same, of which so many are under way at a time, by whichever port they come. */
export function boundedTogether(routes: readonly AdminRoute[]): readonly AdminRoute[] {
  let underWay = 0;
  return routes.map(({ handle, ...route }) => ({
    ...route,
    handle: async (asked) => {
      if (underWay >= MAX_CALLS)
        throw new TooManyRequests(`${MAX_CALLS} calls of operators are under way.`, BUSY_MS);
      underWay += 1;
      try {
        return await handle(asked);
      } finally {
        underWay -= 1;
      }
    },
  }));
}

/** Every call is a line of the log: which key, from where, what was asked for, what came of it and why it was made. */
export function addAdminRoutes(
  server: FastifyInstance,
  { admin, addressOf, refuse, logger }: AdminRouteOptions,
): void {
  for (const { method, path, operation, handle } of admin.routes) {
    const log = (request: FastifyRequest, outcome: string | number, did?: object | string) => {
      const said = {
        method,
        path: request.url.split('?', 1)[0],
        query: known(request.query, operation.query),
        key: admin.auth.numberOf(request.headers),
        remote: addressOf(request),
        outcome,
        ...(did !== undefined && { did }),
        ...reasonIn(request),
      };
      logger.info({ call: said }, 'an operator called');
    };
    server.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const asked = { body, params: request.params, query: request.query };
        const answer = await handle(asked).catch((error: unknown) => {
          log(request, error instanceof AppError ? error.code : 'internal');
          throw error;
        });
        if ('problems' in answer) {
          log(request, answer.code);
          return refuse(request, reply, answer);
        }
        log(request, answer.status, answer.did ?? (method === 'GET' ? undefined : answer.body));
        return reply.code(answer.status).send(answer.body);
      },
    });
  }
}

/** Of a query only what we ask for: people put secrets into URLs by mistake. */
function known(query: unknown, schema: z.ZodObject | undefined): object | undefined {
  if (schema === undefined || typeof query !== 'object' || query === null) return undefined;
  const entries = Object.entries(query).filter(([name]) => Object.hasOwn(schema.shape, name));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function reasonIn({ headers }: FastifyRequest): { reason?: string } {
  const reason = headers[REASON_HEADER];
  return typeof reason === 'string' ? { reason: reason.slice(0, MAX_REASON_CHARACTERS) } : {};
}
