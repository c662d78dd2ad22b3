import { callManagement } from '../../tools/broker/management.ts';
import { runBroker } from './broker.ts';

const NAME = 'limit';

/** An operator policy on every queue of a vhost, as hosted brokers have them, or on those that a pattern names. */
export function limitQueues(
  vhost: string,
  definition: object,
  pattern = '.*',
  managementUrl?: string,
): Promise<void> {
  return put('operator-policies', vhost, { pattern, definition }, managementUrl);
}

export async function liftLimit(vhost: string): Promise<void> {
  await callManagement(runBroker().managementUrl, 'DELETE', pathOf('operator-policies', vhost));
}

/** A policy of the vhost's own, which may set what an operator's may not: the age of a stream, for one. */
export function setPolicy(vhost: string, definition: object, pattern = '.*'): Promise<void> {
  return put('policies', vhost, { pattern, definition });
}

export async function liftPolicy(vhost: string): Promise<void> {
  await callManagement(runBroker().managementUrl, 'DELETE', pathOf('policies', vhost));
}

/** By the management API: rabbitmqctl takes a second to start, and a core for that long. */
async function put(
  kind: string,
  vhost: string,
  policy: object,
  managementUrl = runBroker().managementUrl,
): Promise<void> {
  const body = { ...policy, 'apply-to': 'queues' };
  await callManagement(managementUrl, 'PUT', pathOf(kind, vhost), body);
}

function pathOf(kind: string, vhost: string): string {
  return `/api/${kind}/${encodeURIComponent(vhost)}/${NAME}`;
}
