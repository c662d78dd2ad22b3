import type { Notice } from './phones.ts';

/** An event that a receipt says was pushed. */
export interface PushedEvent {
  readonly id: string;
  readonly cursor: string;
}

/** A notice as its phone shows it. */
export interface Showing {
  readonly notice: Notice;
  /** The same again in the same place: the phone keeps silent. */
  readonly isRepeat: boolean;
  /** Of which events it tells: all where receipts say so, else the newest. */
  readonly ids: readonly string[];
  readonly hasReceipts: boolean;
}

/**
 * What a phone showed, notice by notice. A notice names how many events it tells of and the cursor of the newest; the receipts of
 * its events follow one another, so that both can be told from each other's. `unshown`: receipts without a notice.
 */
export function showingsOf(
  notices: readonly Notice[],
  pushed: readonly PushedEvent[],
  idsAt: ReadonlyMap<string, string>,
): { readonly showings: readonly Showing[]; readonly unshown: readonly string[] } {
  const { groups, unshown } = groupsOf(notices, pushed);
  const inPlace = new Map<string, string>();
  const showings = notices.map((notice): Showing => {
    const { tag, data } = notice.shown;
    const cursor = data['cursor'] ?? '';
    const isRepeat = inPlace.get(tag) === cursor;
    inPlace.set(tag, cursor);
    const ids = groups.get(groupOf(notice));
    return { notice, isRepeat, ids: ids ?? [idsAt.get(cursor) ?? cursor], hasReceipts: ids !== undefined };
  });
  return { showings, unshown };
}

/** Cuts the receipts into those of one notice each, so that as few as can be are left without a notice. */
function groupsOf(notices: readonly Notice[], pushed: readonly PushedEvent[]) {
  const known = new Set(notices.map(groupOf));
  const sizes = [...new Set(notices.map(countOf))];
  const isGroup = (from: number, size: number) => known.has(nameOf(pushed.slice(from, from + size), size));
  /** From each receipt on, from the last back to the first: how many are left over, and how many the first notice takes. */
  const best: Cut[] = [{ left: 0, size: 0 }];
  for (let from = pushed.length - 1; from >= 0; from -= 1) {
    const leftFrom = (place: number) => best[pushed.length - place]?.left ?? 0;
    const cuts = sizes
      .filter((size) => isGroup(from, size))
      .map((size): Cut => ({ left: leftFrom(from + size), size }));
    const none: Cut = { left: leftFrom(from + 1) + 1, size: 0 };
    best.push([none, ...cuts].reduce((one, other) => (other.left < one.left ? other : one)));
  }
  const groups = new Map<string, readonly string[]>();
  const unshown: string[] = [];
  for (let from = 0; from < pushed.length;) {
    const { size } = best[pushed.length - from] ?? { size: 0 };
    const ids = pushed.slice(from, from + Math.max(1, size)).map(({ id }) => id);
    if (size === 0) unshown.push(...ids);
    else groups.set(nameOf(pushed.slice(from, from + size), size), ids);
    from += ids.length;
  }
  return { groups, unshown };
}

interface Cut {
  readonly left: number;
  /** 0: the first receipt is left over. */
  readonly size: number;
}

function countOf({ shown: { data } }: Notice): number {
  return Number(data['count'] ?? 1);
}

function groupOf(notice: Notice): string {
  return `${countOf(notice)} ${notice.shown.data['cursor'] ?? ''}`;
}

/** As `groupOf` names the notice of these. */
function nameOf(events: readonly PushedEvent[], count: number): string {
  return events.length === count ? `${count} ${events.at(-1)?.cursor ?? ''}` : '';
}
