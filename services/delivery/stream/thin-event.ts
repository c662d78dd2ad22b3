import { z } from 'zod';
import { thinData } from '../../../shared/contract/thin-data.ts';

const Fields = z.record(z.string(), z.unknown());

/**
 * The same event for a client that takes no frame of its size: with what is short of its ids and times, and with
 * nothing, each marked as `truncated`. `undefined` for what is no event frame.
 */
export function thinEventFrames(payload: Buffer): { thin: Buffer; bare: Buffer } | undefined {
  const frame = Fields.safeParse(JSON.parse(payload.toString()));
  const data = Fields.safeParse(frame.data?.['data']);
  if (!frame.success || !data.success) return undefined;
  const withData = (thin: object) => Buffer.from(JSON.stringify({ ...frame.data, data: thin }));
  return { thin: withData(thinData(data.data)), bare: withData({ truncated: true }) };
}
