import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClientAddresses } from '../../../shared/service/client-addresses.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { Entrance, Observer } from '../accept/ports.ts';
import type { BackendRoute } from '../backends/backend.ts';
import {
  broadcastDocument,
  broadcastStatus,
  faultOf,
  faultOfUnfinished,
  problemDocument,
  TooManyWrongKeys,
  type Fault,
} from './problem.ts';

/** Of an address that has guessed too often. */
const GUESS_DELAY_MS = 200;

export type AnswerFault = (request: FastifyRequest, reply: FastifyReply, fault: Fault) => FastifyReply;

export interface AnswerOptions {
  readonly clients: Pick<ClientAddresses, 'of'>;
  readonly observer: Pick<Observer, 'refused'>;
}

/** Says what is wrong in the form of the path, and tells the log and the metrics. */
export function answering(
  { clients, observer }: AnswerOptions,
  entrances: ReadonlyMap<string, Entrance | 'none'>,
  routes: readonly BackendRoute[],
): AnswerFault {
  return (request, reply, fault) => {
    const path = pathOf(request);
    const broadcast = path === '/broadcast';
    const status = broadcast ? broadcastStatus(fault.code) : fault.status;
    const [first] = fault.errors;
    const { address } = clients.of(request.raw);
    observer.refused({
      entrance: entrances.get(path) ?? 'none',
      code: fault.code,
      problem: first === undefined ? fault.detail : `${first.path} ${first.message}`.trim(),
      remote: address,
      details: { status, route: request.routeOptions.url ?? 'none' },
    });
    if (fault.forKey) routes.find((route) => route.path === path)?.onWrongKey?.(address);
    reply.code(status).headers(fault.headers);
    if (broadcast) return reply.type('application/json').send(broadcastDocument(fault));
    return reply.type('application/problem+json').send(problemDocument(fault));
  };
}

/** For whatever a request ended in. */
export function answeringErrors(answer: AnswerFault, logger: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const fault = request.raw.complete ? faultOf(error) : faultOfUnfinished(error);
    if (fault.code === 'internal')
      logger.error({ err: error, route: request.routeOptions.url }, 'a request failed');
    return answer(request, reply, fault);
  };
}

/**
 * Whoever shows no good key is answered in a later turn: by then a connection that sent too many requests at once is cut, and gets
 * no answers. Guesses past their limit wait longer, so that a connection makes few of them.
 */
export function answerLater(
  { raw }: FastifyRequest,
  refusal: Error | undefined,
  next: (error?: Error) => void,
): void {
  const answer = () => {
    if (!raw.socket.destroyed) next(refusal);
  };
  if (refusal instanceof TooManyWrongKeys) setTimeout(answer, GUESS_DELAY_MS);
  else setImmediate(answer);
}

/** Without the query, where people put secrets by mistake. */
export function pathOf(request: FastifyRequest): string {
  const [path = ''] = request.url.split('?');
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
