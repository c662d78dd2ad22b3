import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * One name for a process, in its health, its log, its messages (`app_id`) and its connections; unique among all instances
 * there ever were, for what one of them publishes is in order.
 */
export function newInstanceName(): string {
  return `${hostname()}-${randomBytes(3).toString('hex')}`;
}
