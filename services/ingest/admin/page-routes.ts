import type { FastifyInstance } from 'fastify';
import type { Logger } from '../../../shared/service/logger.ts';
import { answering, answeringErrors, answerLater, type AnswerOptions } from '../http/answer-fault.ts';
import { faultOfRefusal } from '../http/problem.ts';
import { addAdminRoutes, type Admin, type AdminRoute } from './route.ts';

/** Of the routes, what the status page asks for with an operator's key: nothing that changes anything. */
const shownPaths: readonly AdminRoute['path'][] = ['/v1/admin/overview', '/v1/admin/events/:id'];

export interface PageRoutesOptions extends AnswerOptions {
  readonly admin: Admin;
  readonly logger: Logger;
}

/** The same calls as on the port of HTTP in, with the same keys, bounds and lines of the log. */
export function pageRoutes({ admin, clients, observer, logger }: PageRoutesOptions) {
  const { auth } = admin;
  const routes = admin.routes.filter(({ method, path }) => method === 'GET' && shownPaths.includes(path));
  const answer = answering({ clients, observer }, new Map(), []);
  return (server: FastifyInstance): void => {
    server.addHook('onRequest', (request, reply, next) => {
      try {
        reply.headers(auth.check(request.headers, clients.of(request.raw)));
      } catch (error) {
        answerLater(request, error instanceof Error ? error : new Error(String(error)), next);
        return;
      }
      next();
    });
    server.setErrorHandler(answeringErrors(answer, logger));
    addAdminRoutes(server, {
      admin: { auth, routes },
      addressOf: ({ raw }) => clients.of(raw).address,
      refuse: (request, reply, refusal) => answer(request, reply, faultOfRefusal(refusal)),
      logger,
    });
  };
}
