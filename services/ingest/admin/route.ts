import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Logger } from '../../../shared/service/logger.ts';
import type { Refusal } from '../accept/problems.ts';
import type { Answer, Operation } from '../backends/backend.ts';
import type { Auth } from '../http/auth.ts';

/** What an operator may ask for. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: `/v1/admin/${string}`;
  readonly operation: Operation & { readonly parameters?: z.ZodObject };
  readonly handle: (asked: Asked) => Promise<Answer | Refusal>;
}

interface Asked {
  readonly body: Buffer;
  readonly params: unknown;
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

const PREFIX = '/v1/admin/';

export function isAdminPath(path: string | undefined): boolean {
  return path?.startsWith(PREFIX) ?? false;
}

/** Every call is a line of the log: which key, from where, what was asked for and what came of it. */
export function addAdminRoutes(
  server: FastifyInstance,
  { admin, addressOf, refuse, logger }: AdminRouteOptions,
): void {
  for (const { method, path, handle } of admin.routes) {
    server.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const answer = await handle({ body, params: request.params });
        const isRefused = 'problems' in answer;
        const call = {
          method,
          path: request.url,
          key: admin.auth.numberOf(request.headers),
          remote: addressOf(request),
          outcome: isRefused ? answer.code : answer.status,
          ...(!isRefused && answer.body !== undefined && method !== 'GET' && { did: answer.body }),
        };
        logger.info({ call }, 'an operator called');
        return isRefused ? refuse(request, reply, answer) : reply.code(answer.status).send(answer.body);
      },
    });
  }
}
