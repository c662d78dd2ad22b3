import { EventNaming } from '../../../shared/contract/event-naming.ts';
import { errorFrame, type ErrorFrame } from '../../../shared/contract/frames.ts';
import type { Feed } from './feed.ts';

/** Names a client's events as it asks; what is no naming costs it an error frame, and its session goes on as before. */
export function chooseNaming(feed: Feed, asked: unknown): readonly ErrorFrame[] {
  if (asked === undefined || asked === null) return [];
  const naming = EventNaming.safeParse(asked);
  if (naming.success) {
    feed.naming = naming.data;
    return [];
  }
  return [errorFrame('INVALID_MESSAGE', '"events" names them "dotted" or "underscore".')];
}
