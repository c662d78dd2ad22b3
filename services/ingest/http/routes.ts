import { SpanKind } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../../shared/contract/errors.ts';
import { inSpan } from '../../../shared/service/tracing.ts';
import type { Intake } from '../accept/intake.ts';
import type { Entrance, Receipt } from '../accept/ports.ts';
import type { Refusal } from '../accept/problems.ts';
import type { WebhookEntrance } from '../backends/easyappointments/entrance.ts';
import type { Wrapping } from '../accept/read-input.ts';
import { openApiDocument } from './openapi.ts';

export const entrances: Readonly<Record<string, Entrance>> = {
  '/v1/events': 'events',
  '/broadcast': 'broadcast',
  '/webhooks/easyappointments': 'webhook',
};
export const RECONCILE_PATH = '/v1/reconcile';
export const OPENAPI_PATH = '/openapi.json';
export const paths: readonly string[] = [...Object.keys(entrances), RECONCILE_PATH, OPENAPI_PATH];

/** Which methods a path takes, for the `Allow` of a 405; `undefined` for a path that is not there. */
export function methodsOf(path: string): string | undefined {
  if (path === OPENAPI_PATH) return 'GET, HEAD';
  return paths.includes(path) ? 'POST' : undefined;
}

const CLOUD_EVENT = 'application/cloudevents+json';
const CLOUD_EVENTS = 'application/cloudevents-batch+json';

const RECONCILIATION_OFF =
  'Set EASYAPPOINTMENTS_URL and EASYAPPOINTMENTS_API_TOKEN at ingest; without them nothing is compared with Easy!Appointments.';

export interface RouteOptions {
  readonly intake: Pick<Intake, 'take'>;
  readonly webhooks: Pick<WebhookEntrance, 'take'>;
  /** Resolves once it is certain that a reconciliation follows; `undefined` where that is off. */
  readonly requestReconciliation: (() => Promise<void>) | undefined;
  readonly refuse: (request: FastifyRequest, reply: FastifyReply, refusal: Refusal) => FastifyReply;
}

export function addRoutes(
  server: FastifyInstance,
  { intake, webhooks, requestReconciliation, refuse }: RouteOptions,
): void {
  server.get(OPENAPI_PATH, () => openApiDocument);

  server.register((scope, _options, done) => {
    scope.addContentTypeParser([CLOUD_EVENT, CLOUD_EVENTS], { parseAs: 'buffer' }, asBytes);
    scope.post(
      '/v1/events',
      traced(async (request, reply) => {
        const wrapping = wrappingOf(request.headers);
        const taken = intake.take({ entrance: 'events', wrapping, body: bodyOf(request) });
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
      const taken = intake.take({
        entrance: 'broadcast',
        wrapping: { kind: 'plain' },
        body: bodyOf(request),
      });
      if ('problems' in taken) return refuse(request, reply, taken);
      await taken.receipts;
      return { success: true, message: 'Event broadcast' };
    }),
  );

  // Empty, because Easy!Appointments 1.5.1 echoes what we answer into its own answer to the browser.
  server.post(
    '/webhooks/easyappointments',
    traced(async (request, reply) => {
      const taken = webhooks.take(bodyOf(request));
      if ('problems' in taken) return refuse(request, reply, taken);
      await taken.accepted;
      return reply.code(204).send();
    }),
  );

  server.post(RECONCILE_PATH, async (_request, reply) => {
    if (requestReconciliation === undefined) throw new AppError('reconciliation_off', RECONCILIATION_OFF);
    await requestReconciliation();
    return reply.code(202).send({ status: 'requested' });
  });
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

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function answerOf({ id, rooms, cursor }: Receipt): Receipt {
  return { id, rooms, cursor };
}

function wrappingOf(headers: IncomingHttpHeaders): Wrapping {
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';');
  if (type.trim() === CLOUD_EVENT) return { kind: 'cloud-event' };
  if (type.trim() === CLOUD_EVENTS) return { kind: 'cloud-events' };
  if (headers['ce-specversion'] === undefined) return { kind: 'plain' };
  const attributes = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith('ce-') && typeof value === 'string'
      ? [[name.slice('ce-'.length), decoded(value)] as const]
      : [],
  );
  return { kind: 'binary-cloud-event', attributes: Object.fromEntries(attributes) };
}

/** The HTTP binding of CloudEvents percent-encodes what a header cannot hold. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
