import { connect } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { BrokerError } from './broker.ts';
import { callManagement } from './management.ts';
import { orAbort } from './or-abort.ts';
import type { BrokerAddress } from './ports.ts';

const POLL_MS = 150;
const TRY_MS = 3_000;
const QUEUES_MS = 10_000;

const Queues = z.array(z.object({ state: z.string().optional() }));

/**
 * Resolves once the broker lets a client in and its management API answers. A connection that opens proves
 * more than a port that accepts: a container's port accepts long before there is a broker behind it.
 */
export async function awaitBroker(
  { url, managementUrl }: BrokerAddress,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  const answers = async () => {
    await openAndClose(url);
    await callManagement(managementUrl, 'GET', '/api/overview');
  };
  for (;;) {
    try {
      await orAbort(answers(), signal);
      break;
    } catch (error) {
      if (signal?.aborted === true || Date.now() > deadlineMs) throw error;
      await delay(POLL_MS);
    }
  }
  await orAbort(awaitQueues(managementUrl), signal);
}

/**
 * RabbitMQ 3.10 lets clients in a moment before its streams are back after a restart, and answers 404 for them
 * until then. One that does not come back is for the services to report.
 */
export async function awaitQueues(managementUrl: string): Promise<void> {
  const deadlineMs = Date.now() + QUEUES_MS;
  while (Date.now() < deadlineMs) {
    if (await areQueuesBack(managementUrl)) return;
    await delay(POLL_MS);
  }
}

async function areQueuesBack(managementUrl: string): Promise<boolean> {
  try {
    const queues = Queues.parse(await callManagement(managementUrl, 'GET', '/api/queues'));
    return !queues.some(({ state }) => state === 'down');
  } catch (error) {
    // The list is a 500 while a queue is deleted.
    if (error instanceof BrokerError) return false;
    throw error;
  }
}

export async function openAndClose(url: string): Promise<void> {
  const connection = await connect(url, { timeout: TRY_MS });
  // A broker that goes away in between says so here; `close` rejects with the same.
  connection.on('error', () => undefined);
  await connection.close();
}
