import { z } from 'zod';
import { AppError } from '../../../../shared/contract/errors.ts';
import { parseJson } from '../../accept/json.ts';
import { invalidEvent, type Refusal } from '../../accept/problems.ts';
import type { Answer, BackendRoute } from '../backend.ts';
import { readWebhook, WebhookInput, writeWebhook, type WebhookOptions } from './webhook.ts';

export interface RouteOptions extends WebhookOptions {
  /** Puts a body into the inbox; throws an AppError when the broker cannot take it now, resolves on its confirm. */
  readonly enqueue: (body: Buffer) => Promise<void>;
  readonly ignored: (known: boolean) => void;
  readonly onWrongKey: (address: string) => void;
  /** Resolves once the inbox has the request; `undefined` where reconciliation is off. */
  readonly requestReconciliation: (() => Promise<void>) | undefined;
}

export const WEBHOOK_PATH = '/webhooks/easyappointments';
export const RECONCILE_PATH = '/v1/reconcile';

const RECONCILIATION_OFF =
  'Set EASYAPPOINTMENTS_URL and EASYAPPOINTMENTS_API_TOKEN at ingest; without them nothing is compared with Easy!Appointments.';

/** Empty, because Easy!Appointments 1.5.1 echoes what we answer into its own answer to the browser. */
const TAKEN: Answer = { status: 204 };

export function routesOf(options: RouteOptions): readonly BackendRoute[] {
  return [
    {
      path: WEBHOOK_PATH,
      entrance: 'webhook',
      operation: {
        summary:
          "Upstream Easy!Appointments' own webhook; actions that move no appointment are taken and announce nothing",
        request: WebhookInput,
        success: { status: 204, description: 'The broker has what there was to announce' },
        refusals: [
          'malformed_json',
          'unauthorized',
          'body_too_large',
          'unsupported_media_type',
          'invalid_event',
          'too_many_requests',
          'too_many_bodies',
          'inbox_full',
          'broker_unavailable',
        ],
      },
      handle: (body) => takeWebhook(body, options),
      onWrongKey: options.onWrongKey,
    },
    {
      path: RECONCILE_PATH,
      operation: {
        summary:
          "Compares with Easy!Appointments' REST API and announces what its webhooks missed, as soon as no other comparison runs",
        success: {
          status: 202,
          description: 'It follows',
          answer: z.object({ status: z.literal('requested') }),
        },
        refusals: [
          'unauthorized',
          'reconciliation_off',
          'too_many_requests',
          'inbox_full',
          'broker_unavailable',
        ],
      },
      handle: async () => {
        if (options.requestReconciliation === undefined)
          throw new AppError('reconciliation_off', RECONCILIATION_OFF);
        await options.requestReconciliation();
        return { status: 202, body: { status: 'requested' } };
      },
    },
  ];
}

/**
 * Reduced to what we take of it and put into the inbox, where one instance decides on all of them in their order; the
 * broker's confirm is the answer, so that a booking never waits for more.
 */
async function takeWebhook(body: Buffer, options: RouteOptions): Promise<Answer | Refusal> {
  const json = parseJson(body, { inexact: 'mend' });
  if ('problems' in json) return json;
  const webhook = readWebhook(json.value, options);
  if ('problems' in webhook) return invalidEvent(webhook.problems);
  const { value } = webhook;
  if (value.kind === 'ignored' || value.kind === 'reconcile')
    options.ignored(value.kind === 'ignored' && value.known);
  else await options.enqueue(Buffer.from(writeWebhook(value)));
  return TAKEN;
}
