import { readFileSync } from 'node:fs';
import type { AcceptedEvent } from '../../services/ingest/accept/accept.ts';
import type { TestDecider, WebhookBody } from './test-decider.ts';

interface Case {
  readonly restThenHas?: Readonly<Record<string, unknown>>;
  readonly steps: readonly { readonly to: string; readonly body: WebhookBody }[];
}

/** Requests that a real installation made, and that ended wrong once. */
export function stepsOf(name: string): Case['steps'] {
  return read(name).steps;
}

/** What the REST API then answers of the row. */
export function restThenHas(name: string): Case['restThenHas'] {
  return read(name).restThenHas;
}

function read(name: string): Case {
  const text = readFileSync(new URL(`../fixtures/cases/${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as Case;
}

/** Plays the webhooks of a case, and returns what the last one announced. */
export async function play(decider: TestDecider, name: string): Promise<AcceptedEvent[]> {
  let last: AcceptedEvent[] = [];
  for (const { body } of stepsOf(name)) last = await decider.take(body);
  return last;
}
