import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../http/answer.ts';

/**
 * A page of another origin than those in ALLOWED_ORIGINS, where that names any. Pages of our own host may always connect, as
 * may what sends no `Origin`: no browser is without one.
 */
export function refusalOfOrigin(
  { headers: { origin, host } }: IncomingMessage,
  allowed: readonly string[],
): Refusal | undefined {
  if (origin === undefined || allowed.length === 0 || allowed.includes('*')) return undefined;
  if (allowed.includes(origin) || isOwn(origin, host)) return undefined;
  const message = 'Pages of this origin may not connect. Name it in ALLOWED_ORIGINS of delivery.';
  return { code: 'ORIGIN_NOT_ALLOWED', message };
}

function isOwn(origin: string, host: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  // A proxy may pass the host on without its port.
  return /^https?:$/.test(page.protocol) && [page.host, page.hostname].includes(host?.toLowerCase() ?? '');
}
