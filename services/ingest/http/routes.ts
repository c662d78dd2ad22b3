import { SpanKind } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { inSpan } from '../../../shared/service/tracing.ts';
import type { Intake } from '../accept/intake.ts';
import type { Entrance, Receipt } from '../accept/ports.ts';
import type { Refusal } from '../accept/problems.ts';
import type { Admin } from '../admin/route.ts';
import type { Backend, BackendRoute } from '../backends/backend.ts';
import { CLOUD_EVENT, CLOUD_EVENTS, wrappingOf, type Input } from '../accept/read-input.ts';
import { openApiDocument } from './openapi.ts';
import type { Slices } from './slices.ts';

export const OPENAPI_PATH = '/openapi.json';

/** What each path that takes POST counts its refusals as; `none` where nothing comes in. */
export function entrancesOf(routes: readonly BackendRoute[]): ReadonlyMap<string, Entrance | 'none'> {
  return new Map<string, Entrance | 'none'>([
    ['/v1/events', 'events'],
    ['/broadcast', 'broadcast'],
    ...routes.map(({ path, entrance }): [string, Entrance | 'none'] => [path, entrance ?? 'none']),
  ]);
}

/** Of the attributes of a CloudEvent in binary mode. */
const ATTRIBUTE_PREFIX = /^ce-/;

export interface RouteOptions {
  readonly intake: Pick<Intake, 'steps'>;
  readonly slices: Slices;
  readonly backends: readonly Backend[];
  readonly admin: Admin | undefined;
  readonly refuse: (request: FastifyRequest, reply: FastifyReply, refusal: Refusal) => FastifyReply;
}

export function addRoutes(
  server: FastifyInstance,
  { intake, slices, backends, admin, refuse }: RouteOptions,
): void {
  const take = (input: Input) => slices.run(intake.steps(input), input.body.byteLength);
  const document = Buffer.from(JSON.stringify(openApiDocument(backends, admin?.routes)));
  server.get(OPENAPI_PATH, (_request, reply) => reply.type('application/json; charset=utf-8').send(document));

  server.register((scope, _options, done) => {
    scope.addContentTypeParser([CLOUD_EVENT, CLOUD_EVENTS], { parseAs: 'buffer' }, asBytes);
    scope.post(
      '/v1/events',
      traced(async (request, reply) => {
        const { headers } = request;
        const wrapping = wrappingOf(headers['content-type'], headers, ATTRIBUTE_PREFIX, decoded);
        const taken = await take({ entrance: 'events', wrapping, body: takeBody(request) });
        if ('problems' in taken) return refuse(request, reply, taken);
        const answers = (await taken.receipts).map(answerOf);
        return reply.code(202).send(taken.single ? answers[0] : answers);
      }),
    );
    done();
  });

  server.post(
    '/broadcast',
    traced(async (request, reply) => {
      const taken = await take({
        entrance: 'broadcast',
        wrapping: { kind: 'plain' },
        body: takeBody(request),
      });
      if ('problems' in taken) return refuse(request, reply, taken);
      await taken.receipts;
      return { success: true, message: 'Event broadcast' };
    }),
  );

  for (const { path, handle } of backends.flatMap(({ routes }) => routes)) {
    server.post(
      path,
      traced(async (request, reply) => {
        const answer = await handle(takeBody(request));
        return 'problems' in answer
          ? refuse(request, reply, answer)
          : reply.code(answer.status).send(answer.body);
      }),
    );
  }
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Goes on with the caller's trace, if it has one, until the broker has confirmed. */
function traced(handler: Handler): Handler {
  return (request, reply) => {
    const options = { kind: SpanKind.SERVER, parent: request.headers };
    return inSpan(`POST ${request.routeOptions.url ?? ''}`, options, () => handler(request, reply));
  };
}

/** Bodies are parsed by the core, which says what is wrong with them in the same words at every entrance. */
export function asBytes(
  _request: FastifyRequest,
  body: Buffer,
  done: (error: null, body: Buffer) => void,
): void {
  done(null, body);
}

/** Only once: the request lives until its answer, and need not keep what was read long before. */
function takeBody(request: FastifyRequest): Buffer {
  const { body } = request;
  request.body = undefined;
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function answerOf({ id, rooms, cursor }: Receipt): Receipt {
  return { id, rooms, cursor };
}

/** The HTTP binding of CloudEvents percent-encodes what a header cannot hold. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
