import { z } from 'zod';
import { errorRegistry, type ErrorCode } from '../../../shared/contract/errors.ts';
import { BroadcastInput, CloudEventInput, EventInput, MAX_EVENTS, Receipt } from '../accept/schemas.ts';
import { WebhookInput } from '../backends/easyappointments/webhook.ts';

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
const Requested = z.object({ status: z.literal('requested') });
const BroadcastDone = z.object({ success: z.literal(true), message: z.string() });

const oneOrMany = (schema: object) => ({
  oneOf: [schema, { type: 'array', items: schema, minItems: 1, maxItems: MAX_EVENTS }],
});
const json = (schema: object) => ({ 'application/json': { schema } });
const event = schemaOf(EventInput);
const cloudEvent = schemaOf(CloudEventInput);
const receipt = schemaOf(Receipt);

const refusals = [
  'malformed_json',
  'unauthorized',
  'id_reused',
  'body_too_large',
  'unsupported_media_type',
  'invalid_event',
  'too_many_requests',
  'broker_unavailable',
] as const;

const reconcileRefusals = [
  'unauthorized',
  'reconciliation_off',
  'too_many_requests',
  'broker_unavailable',
] as const;

/** What `GET /openapi.json` answers: generated from the schemas that requests are checked with. */
export const openApiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'roomcast ingest',
    version: '1',
    description:
      'Takes appointment events of a booking backend. A 2xx means that the broker has confirmed the event.',
  },
  security: [{ bearer: [] }, { apiKey: [] }, { easyAppointments: [] }, { basic: [] }],
  paths: {
    '/v1/events': {
      post: {
        summary: 'One event, an array of up to 1,000, or CloudEvents; an array is taken whole or not at all',
        requestBody: {
          required: true,
          content: {
            ...json(oneOrMany(event)),
            'application/cloudevents+json': { schema: cloudEvent },
            'application/cloudevents-batch+json': {
              schema: { type: 'array', items: cloudEvent, minItems: 1, maxItems: MAX_EVENTS },
            },
          },
        },
        responses: {
          202: { description: 'The broker has it', content: json(oneOrMany(receipt)) },
          ...responses(
            (code) => errorRegistry[code].status,
            'application/problem+json',
            schemaOf(ProblemDocument),
          ),
        },
      },
    },
    '/broadcast': {
      post: {
        summary: 'The call of the Easy!Appointments fork; without rooms, everyone connected',
        requestBody: { required: true, content: json(schemaOf(BroadcastInput)) },
        responses: {
          200: { description: 'The broker has it', content: json(schemaOf(BroadcastDone)) },
          ...responses(
            (code) => (code === 'invalid_event' ? 400 : errorRegistry[code].status),
            'application/json',
            schemaOf(BroadcastFault),
          ),
        },
      },
    },
    '/webhooks/easyappointments': {
      post: {
        summary:
          "Upstream Easy!Appointments' own webhook; actions that move no appointment are taken and announce nothing",
        requestBody: { required: true, content: json(schemaOf(WebhookInput)) },
        responses: {
          204: { description: 'The broker has what there was to announce' },
          ...responses(
            (code) => errorRegistry[code].status,
            'application/problem+json',
            schemaOf(ProblemDocument),
            refusals.filter((code) => code !== 'id_reused'),
          ),
        },
      },
    },
    '/v1/reconcile': {
      post: {
        summary:
          "Compares with Easy!Appointments' REST API and announces what its webhooks missed, as soon as no other comparison runs",
        responses: {
          202: { description: 'It follows', content: json(schemaOf(Requested)) },
          ...responses(
            (code) => errorRegistry[code].status,
            'application/problem+json',
            schemaOf(ProblemDocument),
            reconcileRefusals,
          ),
        },
      },
    },
    '/openapi.json': {
      get: {
        summary: 'This document',
        security: [],
        responses: { 200: { description: 'OpenAPI 3.1', content: json({ type: 'object' }) } },
      },
    },
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
      easyAppointments: { type: 'apiKey', in: 'header', name: 'X-Ea-Token' },
    },
  },
};

/** As the sender writes it: before ids are read and defaults are filled in. */
function schemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

function responses(
  statusOf: (code: ErrorCode) => number,
  mediaType: string,
  schema: object,
  codes: readonly ErrorCode[] = refusals,
): Record<number, object> {
  const described = new Map<number, string>();
  for (const code of codes) {
    const status = statusOf(code);
    const before = described.get(status);
    described.set(
      status,
      before === undefined ? errorRegistry[code].title : `${before}, or: ${errorRegistry[code].title}`,
    );
  }
  return Object.fromEntries(
    [...described].map(([status, description]) => [
      status,
      { description, content: { [mediaType]: { schema } } },
    ]),
  );
}
