import { z } from 'zod';
import { EventInput } from '../../services/ingest/accept/schemas.ts';
import { Envelope } from '../../shared/contract/envelope.ts';
import { ClientFrame, EventFrame, ServerFrame } from '../../shared/contract/frames.ts';
import { OutcomeBatch, OUTCOMES_TYPE } from '../../shared/contract/outcome.ts';
import {
  BUNDLES_TYPE,
  PushBundles,
  PushReceiptBatch,
  PUSHES_TYPE,
  ReceiptBatch,
  RECEIPTS_TYPE,
} from '../../shared/contract/receipt.ts';
import { REJECTED_REASON } from '../../shared/contract/topology.ts';
import { schemaOf, valuesOf, type JsonSchema } from './json-schema.ts';
import { framesWith, wholeExample } from './protocol-examples.ts';

export interface Message {
  readonly summary?: string | undefined;
  readonly headers?: JsonSchema;
  readonly payload: JsonSchema;
  readonly examples?: readonly { readonly payload: object }[];
  readonly bindings?: object;
}
export type Messages = Readonly<Record<string, Message>>;

/** The messages of frames that one field tells apart, each with its examples from PROTOCOL.md. */
function framesBy(field: 'action' | 'type', label: string, schemas: readonly z.ZodType[]): Messages {
  const rows = schemas.map(schemaOf).flatMap((schema) =>
    valuesOf(schema, field).map((value) => {
      const { description, ...rest } = schema;
      const payload = { ...rest, properties: { ...rest.properties, [field]: { const: value } } };
      return { value, summary: description, payload };
    }),
  );
  const values = [...new Set(rows.map(({ value }) => value))];
  return Object.fromEntries(
    values.map((value) => {
      const forms = rows.filter((row) => row.value === value);
      const payloads = forms.map(({ payload }) => payload);
      const [payload = {}] = payloads;
      return [
        value,
        {
          summary: forms[0]?.summary,
          payload: payloads.length === 1 ? payload : { type: 'object', oneOf: payloads },
          examples: framesWith(label, field, value).map((frame) => ({ payload: frame })),
        },
      ];
    }),
  );
}

export const clientFrames = framesBy('action', 'client', ClientFrame.options);
export const serverFrames = framesBy('type', 'server', ServerFrame.options);

export const eventFrame: Message = {
  summary: 'An event, as every client of its rooms receives it: has `event`, never `type`.',
  payload: schemaOf(EventFrame),
  examples: [{ payload: wholeExample('event-frame') }],
};

export const published: Message = {
  summary:
    'An event on the exchange. The property `message_id` is its id, `type` its name, `app_id` the ingest instance. What has the `type` `mark` or `control` is no event: skip it.',
  headers: schemaOf(Envelope.shape.headers),
  payload: eventFrame.payload,
  examples: eventFrame.examples ?? [],
};

export const submitted: Message = {
  summary:
    'An event of a backend, persistent, published with confirms. The property `message_id` is its id where the body has none.',
  payload: schemaOf(EventInput),
  examples: [{ payload: wholeExample('event') }],
};

export const rejected: Message = {
  summary: 'What could not be accepted, unchanged except for secrets.',
  headers: schemaOf(
    z.object({ [REJECTED_REASON]: z.string().describe('Why, in the words that HTTP would have used.') }),
  ),
  payload: {},
};

const batches = 'What one instance has noted is gathered for about a second; the same may come twice.';

export const receipts: Message = {
  summary: `How far events got with people, from delivery; its property \`type\` is \`${RECEIPTS_TYPE}\`. ${batches}`,
  payload: schemaOf(ReceiptBatch),
  examples: [{ payload: wholeExample('receipts') }],
};

export const pushes: Message = {
  summary: `Who was woken, from push; its property \`type\` is \`${PUSHES_TYPE}\`. ${batches}`,
  payload: schemaOf(PushReceiptBatch),
  examples: [{ payload: wholeExample('pushes') }],
};

export const bundles: Message = {
  summary: `What push tells people in one notification, before it does; its property \`type\` is \`${BUNDLES_TYPE}\`. It may be empty.`,
  payload: schemaOf(PushBundles),
  examples: [{ payload: wholeExample('bundles') }],
};

export const outcomes: Message = {
  summary: `What ingest did with what came in; its property \`type\` is \`${OUTCOMES_TYPE}\`. ${batches}`,
  payload: schemaOf(OutcomeBatch),
  examples: [{ payload: wholeExample('outcomes') }],
};
