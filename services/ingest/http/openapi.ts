import { z } from 'zod';
import { errorRegistry, type ErrorCode } from '../../../shared/contract/errors.ts';
import { BroadcastInput, CloudEventInput, EventInput, MAX_EVENTS, Receipt } from '../accept/schemas.ts';
import type { AdminRoute } from '../admin/route.ts';
import type { Backend, Operation } from '../backends/backend.ts';
import { broadcastStatus } from './problem.ts';

const ProblemDocument = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(
    z.object({ path: z.string().meta({ description: 'JSON pointer, RFC 6901' }), message: z.string() }),
  ),
});
const BroadcastFault = z.object({
  success: z.literal(false),
  message: z.string(),
  errors: ProblemDocument.shape.errors,
});
const BroadcastDone = z.object({ success: z.literal(true), message: z.string() });

const many = (schema: object) => ({ type: 'array', items: schema, minItems: 1, maxItems: MAX_EVENTS });
const oneOrMany = (schema: object) => ({ oneOf: [schema, many(schema)] });
const json = (schema: object) => ({ 'application/json': { schema } });
const event = schemaOf(EventInput);
const cloudEvent = schemaOf(CloudEventInput);
const receipt = schemaOf(Receipt);

const rateLimitHeaders = {
  'RateLimit-Policy': headerOf(
    'Requests that the key may make in a window of `w` seconds',
    '"key";q=2000;w=1',
  ),
  RateLimit: headerOf('Requests that are left, and seconds until the window ends', '"key";r=1999;t=1'),
};

const refusals = [
  'malformed_json',
  'unauthorized',
  'id_reused',
  'body_too_large',
  'unsupported_media_type',
  'invalid_event',
  'too_many_requests',
  'broker_unavailable',
  'too_many_bodies',
] as const;

/** What `GET /openapi.json` answers: generated from the schemas that requests are checked with. */
export function openApiDocument(
  backends: readonly Pick<Backend, 'routes' | 'securitySchemes'>[],
  adminRoutes: readonly AdminRoute[] = [],
): object {
  const schemes = Object.assign({}, ...backends.map(({ securitySchemes }) => securitySchemes)) as object;
  return {
    openapi: '3.1.0',
    info: {
      title: 'roomcast ingest',
      version: '1',
      description:
        'Takes appointment events of a booking backend. A 2xx means that the broker has confirmed the event.',
    },
    security: ['bearer', 'apiKey', ...Object.keys(schemes), 'basic'].map((name) => ({ [name]: [] })),
    paths: {
      '/v1/events': { post: eventsOperation },
      '/broadcast': { post: broadcastOperation },
      ...Object.fromEntries(
        backends.flatMap(({ routes }) =>
          routes.map(({ path, operation }) => [path, { post: operationOf(operation) }]),
        ),
      ),
      ...adminPaths(adminRoutes),
      '/openapi.json': { get: documentOperation },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'The key is the password; the user name does not matter',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        ...schemes,
      },
    },
  };
}

const eventsOperation = {
  summary: 'One event, an array of up to 1,000, or CloudEvents; an array is taken whole or not at all',
  requestBody: {
    required: true,
    content: {
      ...json(oneOrMany(event)),
      'application/cloudevents+json': { schema: cloudEvent },
      'application/cloudevents-batch+json': { schema: many(cloudEvent) },
    },
  },
  responses: limited({
    202: { description: 'The broker has it', content: json(oneOrMany(receipt)) },
    ...problems(refusals),
  }),
};

const broadcastOperation = {
  summary: 'The call of the Easy!Appointments fork; without rooms, everyone connected',
  requestBody: { required: true, content: json(schemaOf(BroadcastInput)) },
  responses: limited({
    200: { description: 'The broker has it', content: json(schemaOf(BroadcastDone)) },
    ...responses(broadcastStatus, json(schemaOf(BroadcastFault)), [...refusals, 'inbox_full']),
  }),
};

const documentOperation = {
  summary: 'This document',
  security: [],
  responses: limited({
    200: { description: 'OpenAPI 3.1', content: json({ type: 'object' }) },
    ...problems(['too_many_requests']),
  }),
};

function operationOf(operation: Operation): object {
  const { summary, request, success } = operation;
  const { status, description, answer } = success;
  return {
    summary,
    ...(request && { requestBody: { required: true, content: json(schemaOf(request)) } }),
    responses: limited({
      [status]: { description, ...(answer && { content: json(schemaOf(answer)) }) },
      ...problems(operation.refusals),
    }),
  };
}

/** Their keys are others, and go where those of the callers go. */
function adminPaths(routes: readonly AdminRoute[]): Record<string, object> {
  const paths: Record<string, object> = {};
  for (const { method, path, operation } of routes) {
    const parameters = [
      ...parametersIn('path', operation.parameters),
      ...parametersIn('query', operation.query),
    ];
    const described = {
      tags: ['admin'],
      ...operationOf(operation),
      ...(parameters.length > 0 && { parameters }),
    };
    const name = path.replace(/:(\w+)/g, '{$1}');
    paths[name] = { ...paths[name], [method.toLowerCase()]: described };
  }
  return paths;
}

function parametersIn(place: 'path' | 'query', fields: z.ZodObject | undefined): object[] {
  return Object.entries(fields?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: schemaOf(z.custom<z.ZodType>().parse(schema)),
  }));
}

function headerOf(description: string, example: string): object {
  return { description, schema: { type: 'string' }, example };
}

/** Who may ask is told the limit of it. */
function limited(responses: Readonly<Record<number, object>>): Record<string, object> {
  const entries = Object.entries(responses).map(([status, response]) => [
    status,
    Number(status) === errorRegistry.unauthorized.status
      ? response
      : { ...response, headers: rateLimitHeaders },
  ]);
  return Object.fromEntries(entries) as Record<string, object>;
}

function problems(codes: readonly ErrorCode[]): Record<number, object> {
  const content = { 'application/problem+json': { schema: schemaOf(ProblemDocument) } };
  return responses((code) => errorRegistry[code].status, content, codes);
}

/** As the sender writes it: before ids are read and defaults are filled in. */
function schemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

function responses(
  statusOf: (code: ErrorCode) => number,
  content: object,
  codes: readonly ErrorCode[],
): Record<number, object> {
  const titlesOf = (status: number) =>
    codes.filter((code) => statusOf(code) === status).map((code) => errorRegistry[code].title);
  const statuses = new Set(codes.map(statusOf));
  return Object.fromEntries(
    [...statuses].map((status) => [status, { description: titlesOf(status).join(', or: '), content }]),
  );
}
