import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError } from '../../../shared/contract/errors.ts';
import { steadyClock } from '../../../shared/service/clock.ts';
import {
  answerBroken,
  boundedMessages,
  lastAnswer,
  MAX_PATH_ID,
} from '../../../shared/service/http-limits.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { Intake } from '../accept/intake.ts';
import { encodingProblem } from '../accept/content-encoding.ts';
import type { Refusal } from '../accept/problems.ts';
import { addAdminRoutes, isAdminPath, type Admin } from '../admin/route.ts';
import type { Backend } from '../backends/backend.ts';
import type { IngestConfig } from '../config.ts';
import type { Auth } from './auth.ts';
import {
  answering,
  answeringErrors,
  answerLater,
  pathOf,
  type AnswerFault,
  type AnswerOptions,
} from './answer-fault.ts';
import { faultOf, faultOfRefusal, problemDocument } from './problem.ts';
import { FirstRequests } from '../../../shared/service/first-requests.ts';
import { LargeBodies, type LargeBodiesConfig } from './large-bodies.ts';
import { Slices } from './slices.ts';
import { addRoutes, asBytes, entrancesOf, OPENAPI_PATH } from './routes.ts';

export interface HttpServerOptions extends AnswerOptions {
  readonly config: LargeBodiesConfig & Pick<IngestConfig, 'ingestRequestTimeoutMs'>;
  readonly intake: Pick<Intake, 'steps'>;
  readonly backends: readonly Backend[];
  readonly auth: Auth;
  /** Unset: there are no such paths. */
  readonly admin?: Admin | undefined;
  /** True once nothing new is taken; requests on connections that are still open get 503. */
  readonly stopping: () => boolean;
  readonly logger: Logger;
}

/** How often Node looks for requests that take too long; its default of 30 s would make shorter limits meaningless. */
const TIMEOUT_CHECK_MS = 1_000;

const TIMED_OUT = lastAnswer('408 Request Timeout', {
  type: 'application/problem+json',
  text: JSON.stringify(
    problemDocument(faultOf(new AppError('request_timeout', 'Send the whole request faster.'))),
  ),
});

export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { backends, config } = options;
  const routes = backends.flatMap((backend) => backend.routes);
  const entrances = entrancesOf(routes);
  const answer = answering(options, entrances, routes);
  const firstRequests = new FirstRequests();
  const largeBodies = new LargeBodies(config, steadyClock);
  const server = fastify({
    bodyLimit: config.ingestMaxBodyBytes,
    requestTimeout: config.ingestRequestTimeoutMs,
    http: {
      ...boundedMessages,
      headersTimeout: config.ingestRequestTimeoutMs / 2,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    forceCloseConnections: 'idle',
    // Ours says so in the form of the path.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PATH_ID },
    clientErrorHandler: (error, socket) => answerBroken(error, socket, TIMED_OUT),
    frameworkErrors: (error, request, reply) => {
      void answer(request, reply, faultOf(error));
    },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, asBytes);
  server.addHook('onRequest', (request, _reply, next) => firstRequests.take(request.raw.socket, next));
  // Before the body is read: a caller that may not publish cannot make us hold a megabyte.
  server.addHook('onRequest', (request, reply, next) => {
    if (options.stopping()) {
      reply.header('connection', 'close');
      next(
        new AppError('going_away', 'This instance is stopping; another one, or the next, takes the event.'),
      );
    } else {
      const refusal = request.is404
        ? notThere(options, request, reply, [...entrances.keys()])
        : unlessTaken(options, request, reply);
      if (refusal === undefined && !isOpen(request)) largeBodies.beforeReading(request, reply, next);
      else answerLater(request, refusal, next);
    }
  });
  server.addHook('preHandler', (request, reply, next) => largeBodies.afterReading(request, reply, next));
  server.addHook('onSend', (_request, reply, _payload, next) => {
    // Node would keep the connection of a request that began before the stop, and the stop would wait for it.
    if (options.stopping()) reply.header('connection', 'close');
    next();
  });
  server.setErrorHandler(answeringErrors(answer, options.logger));
  mountRoutes(server, options, answer);
  return server;
}

function mountRoutes(
  server: FastifyInstance,
  { intake, backends, admin, clients, logger }: HttpServerOptions,
  answer: AnswerFault,
): void {
  const refuse = (request: FastifyRequest, reply: FastifyReply, refusal: Refusal) =>
    answer(request, reply, faultOfRefusal(refusal));
  addRoutes(server, { intake, slices: new Slices(steadyClock), backends, admin, refuse });
  if (admin === undefined) return;
  addAdminRoutes(server, { admin, addressOf: ({ raw }) => clients.of(raw).address, refuse, logger });
}

type Access = Pick<HttpServerOptions, 'auth' | 'admin' | 'clients'>;

function notThere(
  { auth, clients }: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  posts: readonly string[],
): AppError {
  auth.countGuess(request.headers, clients.of(request.raw));
  const path = pathOf(request);
  if (path !== OPENAPI_PATH && !posts.includes(path))
    return new AppError('not_found', `The paths here are ${[...posts, OPENAPI_PATH].join(', ')}.`);
  const methods = path === OPENAPI_PATH ? 'GET, HEAD' : 'POST';
  reply.header('allow', methods);
  return new AppError('method_not_allowed', `Use ${methods}.`);
}

function unlessTaken(
  { auth, admin, clients }: Access,
  request: FastifyRequest,
  reply: FastifyReply,
): Error | undefined {
  const client = clients.of(request.raw);
  try {
    if (isOpen(request)) {
      reply.headers(auth.checkOpen(request.headers, client));
      return undefined;
    }
    // The router's own word for the path: what it does not take there is not trusted there either.
    const { url } = request.routeOptions;
    const isAdmin = isAdminPath(url);
    const keys = isAdmin && admin !== undefined ? admin.auth : auth;
    reply.headers(keys.check(request.headers, client, { trusting: url === '/broadcast' }));
    const encoded = encodingProblem(request.headers['content-encoding']);
    return encoded === undefined ? undefined : new AppError('unsupported_media_type', encoded);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Asks for what needs no key. */
function isOpen(request: FastifyRequest): boolean {
  return pathOf(request) === OPENAPI_PATH;
}

/** Confirms are answered within `answerWithinMs`: what is open then is a client that does not finish its request. */
export async function closeHttpServer(http: FastifyInstance, answerWithinMs: number): Promise<void> {
  const cut = setTimeout(() => http.server.closeAllConnections(), answerWithinMs);
  await http.close();
  clearTimeout(cut);
}
