import { z } from 'zod';
import { EventNaming } from '../../../shared/contract/event-naming.ts';
import { errorFrame, MIN_MAX_FRAME_BYTES, type ErrorFrame } from '../../../shared/contract/frames.ts';
import type { Feed } from '../stream/feed.ts';
import type { Credentials } from './access.ts';

const MaxFrameBytes = z.int().min(MIN_MAX_FRAME_BYTES).nullish();

type AskedForm = Pick<Credentials, 'events' | 'max_frame_bytes'>;

/**
 * Writes a client's events as it asks, and no larger than `boundBytes`; what cannot be done costs it an error frame, and
 * its session goes on as before.
 */
export function chooseForm(feed: Feed, asked: AskedForm, boundBytes: number): readonly ErrorFrame[] {
  const errors: ErrorFrame[] = [];
  const naming = EventNaming.safeParse(asked.events ?? feed.naming);
  if (naming.success) feed.naming = naming.data;
  else errors.push(errorFrame('INVALID_MESSAGE', '"events" names them "dotted" or "underscore".'));
  const max = MaxFrameBytes.safeParse(asked.max_frame_bytes);
  if (max.success) feed.askedMaxFrameBytes = max.data ?? feed.askedMaxFrameBytes;
  else {
    errors.push(
      errorFrame('INVALID_MESSAGE', `"max_frame_bytes" is a whole number from ${MIN_MAX_FRAME_BYTES} up.`),
    );
  }
  feed.maxFrameBytes = Math.min(feed.askedMaxFrameBytes, boundBytes);
  return errors;
}
