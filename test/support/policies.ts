import { brokerCtl } from './broker.ts';

const NAME = 'limit';

/** An operator policy on every queue of a vhost, as hosted brokers have them, or on those that a pattern names. */
export async function limitQueues(vhost: string, definition: object, pattern = '.*'): Promise<void> {
  const what = [NAME, pattern, JSON.stringify(definition), '--apply-to', 'queues'];
  await brokerCtl(['set_operator_policy', '-p', vhost, ...what]);
}

export async function liftLimit(vhost: string): Promise<void> {
  await brokerCtl(['clear_operator_policy', '-p', vhost, NAME]);
}

/** A policy of the vhost's own, which may set what an operator's may not: the age of a stream, for one. */
export async function setPolicy(vhost: string, definition: object, pattern = '.*'): Promise<void> {
  await brokerCtl([
    'set_policy',
    '-p',
    vhost,
    NAME,
    pattern,
    JSON.stringify(definition),
    '--apply-to',
    'queues',
  ]);
}
