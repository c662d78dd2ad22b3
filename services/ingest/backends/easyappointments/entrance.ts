import type { Checked, Refusal } from '../../accept/problems.ts';
import { invalidEvent } from '../../accept/problems.ts';
import { parseJson } from '../../accept/json.ts';
import { readWebhook, writeWebhook, type Webhook, type WebhookOptions } from './webhook.ts';

export interface WebhookEntranceOptions extends WebhookOptions {
  /** Puts a body into the inbox; throws an AppError when the broker cannot take it now, resolves on its confirm. */
  readonly enqueue: (body: Buffer) => Promise<void>;
  readonly ignored: (known: boolean) => void;
}

/**
 * Upstream's webhook over HTTP. It is reduced to what we take of it and put into the inbox, where one instance decides
 * on all of them in their order; the broker's confirm is the answer, so that a booking never waits for more.
 */
export class WebhookEntrance {
  constructor(private readonly options: WebhookEntranceOptions) {}

  take(body: Uint8Array): Refusal | { readonly accepted: Promise<void> } {
    const json = parseJson(body, { inexact: 'mend' });
    if ('problems' in json) return json;
    const webhook: Checked<Webhook> = readWebhook(json.value, this.options);
    if ('problems' in webhook) return invalidEvent(webhook.problems);
    const { value } = webhook;
    if (value.kind === 'ignored' || value.kind === 'reconcile' || value.kind === 'broadcast') {
      this.options.ignored(value.kind === 'ignored' && value.known);
      return { accepted: Promise.resolve() };
    }
    return { accepted: this.options.enqueue(Buffer.from(writeWebhook(value))) };
  }
}
