import type { Notice } from './phones.ts';

/** An event that a receipt says was pushed. */
export interface PushedEvent {
  readonly id: string;
  readonly cursor: string;
}

/** What is told at once, as push wrote it down before. */
export interface ToldAtOnce {
  readonly ids: readonly string[];
  readonly cursor: string;
  readonly tag: string;
}

/** What the receipts say of one person, in the order of the stream. */
export interface PushRecord {
  readonly pushed: readonly PushedEvent[];
  readonly bundles: readonly ToldAtOnce[];
}

/** A notice as its phone shows it. */
export interface Showing {
  readonly notice: Notice;
  /** The same again in the same place: the phone keeps silent. */
  readonly isRepeat: boolean;
  /** Of which events it tells: all where a bundle or the receipts say so, else the newest. */
  readonly ids: readonly string[];
  readonly isAnnounced: boolean;
}

/**
 * What a phone showed, notice by notice. A notice names how many events it tells of and the cursor of the newest, by which its
 * bundle is known. Where it has none it is known by its receipts, which follow one another. `unshown`: receipts without a notice.
 */
export function showingsOf(
  notices: readonly Notice[],
  { pushed, bundles }: PushRecord,
  idsAt: ReadonlyMap<string, string>,
): { readonly showings: readonly Showing[]; readonly unshown: readonly string[] } {
  const announced = new Map(bundles.map((one) => [bundleName(one.ids.length, one), one.ids]));
  const idsOf = (notice: Notice) => announced.get(bundleName(countOf(notice), placeOf(notice)));
  const told = new Set(notices.flatMap((notice) => idsOf(notice) ?? []));
  const { groups, unshown } = groupsOf(
    notices.filter((notice) => idsOf(notice) === undefined),
    pushed.filter(({ id }) => !told.has(id)),
  );
  const inPlace = new Map<string, string>();
  const showings = notices.map((notice): Showing => {
    const { tag, cursor } = placeOf(notice);
    const isRepeat = inPlace.get(tag) === cursor;
    inPlace.set(tag, cursor);
    const ids = idsOf(notice);
    const newest = idsAt.get(cursor) ?? cursor;
    return {
      notice,
      isRepeat,
      ids: ids ?? groups.get(groupOf(notice)) ?? [newest],
      isAnnounced: ids !== undefined,
    };
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

function placeOf({ shown: { tag, data } }: Notice): Pick<ToldAtOnce, 'tag' | 'cursor'> {
  return { tag, cursor: data['cursor'] ?? '' };
}

function bundleName(count: number, { tag, cursor }: Pick<ToldAtOnce, 'tag' | 'cursor'>): string {
  return `${count} ${cursor} ${tag}`;
}

function groupOf(notice: Notice): string {
  return `${countOf(notice)} ${placeOf(notice).cursor}`;
}

/** As `groupOf` names the notice of these. */
function nameOf(events: readonly PushedEvent[], count: number): string {
  return events.length === count ? `${count} ${events.at(-1)?.cursor ?? ''}` : '';
}
