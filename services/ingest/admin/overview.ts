import { z } from 'zod';
import { SessionCount } from '../../../shared/contract/control.ts';
import { EventRow } from '../../../shared/contract/trace.ts';
import { atMostEvery } from '../../../shared/core/at-most-every.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Control } from '../control/control.ts';
import type { LatestEvents } from './latest-events.ts';
import type { LatestReceipts } from './latest-receipts.ts';
import { COMMON_REFUSALS, type AdminRoute } from './route.ts';
import { Missing } from './sessions.ts';
import { timeIn } from './traced-events.ts';
import { recipientsOf } from './traced-people.ts';

/** However many look at it. */
const MAX_AGE_MS = 2_000;
/** Receipts are written about a second after what they tell of. */
const TOLD_WITHIN_MS = 5_000;

const Told = z.object({
  seen: z.int(),
  delivered: z.int(),
  pushed: z.int(),
  written: z.int(),
  none: z.int(),
});
type Told = z.infer<typeof Told>;

const LatestEvent = EventRow.extend({
  at: z.string().meta({ description: 'when it was accepted, RFC 3339' }),
  told: Told.optional().meta({
    description:
      'of those whom it concerns, how many it has reached how far; absent where there are no receipts of it, and for some seconds where there are none yet',
  }),
});

const Overview = z.object({
  events: z.array(LatestEvent),
  complete: z.boolean().meta({
    description: 'false: more has happened since than can be read in 10 s; an event may have got further',
  }),
  sessions: z.array(SessionCount),
  missing: Missing,
});
type Overview = z.infer<typeof Overview>;

export interface OverviewOptions {
  readonly latest: Pick<LatestEvents, 'rows'>;
  /** Unset: there are none. */
  readonly receipts: Pick<LatestReceipts, 'read' | 'stageOf'> | undefined;
  readonly control: Pick<Control, 'ask'>;
  readonly wall: WallClock;
  readonly now: SteadyClock;
}

export function overviewRoutes(options: OverviewOptions): readonly AdminRoute[] {
  let underWay: Promise<Overview> | undefined;
  // A pass over many receipts takes longer than that, and there is one at a time.
  const read = atMostEvery(
    MAX_AGE_MS,
    () => (underWay ??= overview(options).finally(() => (underWay = undefined))),
  );
  return [
    {
      method: 'GET',
      path: '/v1/admin/overview',
      operation: {
        summary:
          'The last 50 events, newest first, with how far each got, and how many sessions there are; what the status page shows',
        success: { status: 200, description: 'As of the last seconds', answer: Overview },
        refusals: [...COMMON_REFUSALS, 'broker_blocked', 'starting'],
      },
      handle: async () => ({ status: 200, body: await read(options.now()) }),
    },
  ];
}

async function overview({ latest, receipts, control, wall }: OverviewOptions): Promise<Overview> {
  // First, because it refuses what cannot be told yet: a pass over the receipts is not begun in vain.
  const { answers, missing } = await control.ask({ ask: 'tally' });
  const rows = latest.rows();
  const times = rows.map(({ cursor }) => timeIn(cursor) ?? 0);
  const ids = new Set(rows.map(({ id }) => id));
  const complete =
    rows.length === 0 || receipts === undefined || (await receipts.read(ids, Math.min(...times)));
  const nowMs = unixMs(wall());
  const events = rows.map((row, index) => {
    const atMs = times[index] ?? 0;
    const told = receipts && toldOf(row, receipts);
    const isOpen = told === undefined || (isNobody(told) && nowMs - atMs < TOLD_WITHIN_MS);
    return { ...row, at: new Date(atMs).toISOString(), ...(!isOpen && { told }) };
  });
  return {
    events,
    complete,
    sessions: summed(answers.flatMap(({ counts }) => counts)),
    missing: [...missing],
  };
}

function toldOf(row: EventRow, receipts: Pick<LatestReceipts, 'stageOf'>): Told | undefined {
  const people = recipientsOf(row);
  if (people.length === 0) return undefined;
  const told = { seen: 0, delivered: 0, pushed: 0, written: 0, none: 0 };
  for (const person of people) told[receipts.stageOf(row.id, person) ?? 'none'] += 1;
  return told;
}

function isNobody({ seen, delivered, pushed, written }: Told): boolean {
  return seen + delivered + pushed + written === 0;
}

/** Those of all instances, in the order of roles and transports. */
function summed(counts: readonly SessionCount[]): SessionCount[] {
  const sums = new Map<string, SessionCount>();
  for (const one of counts) {
    const kind = `${one.role} ${one.transport}`;
    sums.set(kind, { ...one, sessions: (sums.get(kind)?.sessions ?? 0) + one.sessions });
  }
  return [...sums].sort(([kind], [other]) => (kind < other ? -1 : 1)).map(([, one]) => one);
}
