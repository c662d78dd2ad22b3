import type { Client } from './client.ts';
import type { Finding } from './finding.ts';
import type { HistoryContents } from './history-reader.ts';
import type { Fact, Ledger, TrackedEvent } from './ledger.ts';
import type { Person } from './population.ts';
import { judgePush, type PushEvidence, type PushVerdict } from './push-checker.ts';
import type { ReceiptWatch } from './receipt-watch.ts';
import type { Receipts } from './receipts.ts';

/** What a run comes to. All but the counts have to be 0. */
export interface Verdict {
  readonly lost: readonly Finding[];
  readonly misdelivered: readonly Finding[];
  readonly outOfOrder: readonly Finding[];
  /** Given again to the handler of an app with the SDK. */
  readonly handledTwice: readonly Finding[];
  readonly handledOutOfOrder: readonly Finding[];
  readonly falseAccepts: readonly Finding[];
  /** Receipts of events that no device of the person had. */
  readonly falselyDelivered: readonly Finding[];
  readonly gaps: readonly Finding[];
  /** Where nobody has a phone there is nothing to find. */
  readonly push: Omit<PushVerdict, 'counts'>;
  /** Processes that crashed, refusals that nobody expected, clients that did not come back. */
  readonly oddities: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

export interface Evidence {
  readonly ledger: Ledger;
  readonly clients: readonly Client[];
  readonly history: HistoryContents;
  /** Ids that the run itself published outside of the ledger. */
  readonly sentinels: ReadonlySet<string>;
  /** Absent where nobody watched them. */
  readonly receipts?: Pick<ReceiptWatch, 'counts' | 'falselyDelivered'>;
  /** Absent where nobody has a phone that push wakes. */
  readonly push?: PushEvidence | undefined;
  readonly oddities: readonly string[];
  /** By close code: how the instances saw connections end. */
  readonly closes: ReadonlyMap<number, number>;
}

/** What was found, each kind by its name. */
export function kindsIn({ push, ...verdict }: Verdict): Readonly<Record<string, readonly Finding[]>> {
  return {
    'false accepts': verdict.falseAccepts,
    'falsely delivered': verdict.falselyDelivered,
    lost: verdict.lost,
    misdelivered: verdict.misdelivered,
    'out of order': verdict.outOfOrder,
    'repeats seen by handlers': verdict.handledTwice,
    'out of order to handlers': verdict.handledOutOfOrder,
    'gaps told': verdict.gaps,
    'not woken': push.unwoken,
    'woken in vain': push.wokenInVain,
    'buzzed again': push.buzzedAgain,
    'older states shown': push.olderShown,
    'falsely pushed': push.falselyPushed,
  };
}

export function findingsIn(verdict: Verdict): readonly Finding[] {
  return Object.values(kindsIn(verdict)).flat();
}

export function isGood(verdict: Verdict): boolean {
  return findingsIn(verdict).length + verdict.oddities.length === 0;
}

export function check(evidence: Evidence): Verdict {
  const { ledger, clients, history, sentinels, receipts, oddities } = evidence;
  const { counts: pushCounts, ...push } = judgePush(evidence.push);
  const strangers = clients.flatMap(({ person, journey }) =>
    journey.receipts.strangers
      .filter((id) => !sentinels.has(id))
      .map((id) => `${person.name} got an unknown event ${id}`),
  );
  return {
    lost: clients.flatMap((client) => lostTo(client, ledger)),
    misdelivered: clients.flatMap((client) =>
      client.journey.receipts.misdelivered.map((event) => ({ client, event, what: 'misdelivered' })),
    ),
    outOfOrder: clients.flatMap((client) => disorderOf(client, client.journey.receipts, ledger)),
    handledTwice: clients.flatMap((client) => handledTwiceBy(client, ledger)),
    handledOutOfOrder: clients.flatMap((client) =>
      client.handled === undefined ? [] : disorderOf(client, client.handled, ledger),
    ),
    falseAccepts: ledger.events
      .filter(({ fact, id }) => fact.acceptedMs !== undefined && !history.counts.has(id))
      .map((event) => ({
        client: undefined,
        event,
        what: `accepted by ${event.fact.entrance}, not in the history`,
      })),
    falselyDelivered: receipts?.falselyDelivered ?? [],
    gaps: clients.flatMap((client) => gapsOf(client)),
    oddities: [...oddities, ...clients.flatMap((client) => client.oddities), ...strangers],
    push,
    counts: { ...countsOf(evidence), ...pushCounts },
  };
}

function countsOf({ ledger, clients, history: { counts: history }, receipts, closes }: Evidence) {
  const sum = (of: (client: Client) => number) => clients.reduce((total, client) => total + of(client), 0);
  const onWire = (of: (receipts: Receipts, person: Person) => number) =>
    sum(({ journey, person }) => of(journey.receipts, person));
  const repeatsOf = (often: (count: number) => boolean) =>
    onWire(({ repeats }) => repeats.filter((index) => often(timesIn(history, ledger, index))).length);
  const accepted = ledger.accepted;
  return {
    accepted: accepted.length,
    'of them by the inbox': accepted.filter(({ entrance }) => entrance === 'inbox').length,
    'needed more than one try': accepted.filter(({ tries }) => tries > 1).length,
    'published more than once': ledger.events.filter(({ id }) => (history.get(id) ?? 0) > 1).length,
    'times published, at most': ledger.events.reduce(
      (most, { id }) => Math.max(most, history.get(id) ?? 0),
      0,
    ),
    'events on the wire': onWire(({ taken }) => taken),
    'events given to handlers': sum(({ handled }) => handled?.taken ?? 0),
    'repeated on the wire': onWire(({ repeats }) => repeats.length),
    'of them on a connection that lasts': onWire(({ repeats }, { wire }) =>
      wire === 'long-poll' ? 0 : repeats.length,
    ),
    'of them published twice': repeatsOf((count) => count > 1),
    'of them sent twice': repeatsOf((count) => count <= 1),
    'of them outside a replay': onWire(({ repeatedLive }) => repeatedLive),
    'repeated to an app with 1,000 ids': onWire(({ repeatedToApplication }) => repeatedToApplication),
    'in thin form': sum(({ journey }) => journey.thin),
    'resumes recovered': sum(({ journey }) => journey.resumes.get('recovered') ?? 0),
    ...Object.fromEntries(
      Object.entries(receipts?.counts ?? {}).map(([stage, n]) => [`receipts ${stage}`, n]),
    ),
    ...Object.fromEntries([...closes].sort().map(([code, count]) => [`closed ${code}`, count])),
  };
}

/** What a client was promised: everything for its rooms that was first said after it was connected. */
function promised({ journey, person }: Client, { rooms, fact }: TrackedEvent): boolean {
  const { firstConnectedMs } = journey;
  if (firstConnectedMs === undefined || fact.firstTriedMs === undefined) return false;
  return fact.firstTriedMs > firstConnectedMs && [...rooms].some((room) => person.rooms.has(room));
}

/** On the way to it, or between its wire and its handler. */
function lostTo(client: Client, ledger: Ledger): Finding[] {
  const { journey, handled } = client;
  return ledger.events
    .filter((event) => event.fact.acceptedMs !== undefined && promised(client, event))
    .flatMap((event) => {
      if (!journey.receipts.has(event)) return [{ client, event, what: 'lost' }];
      if (handled?.has(event) === false) return [{ client, event, what: 'not given to the handler' }];
      return [];
    });
}

function handledTwiceBy(client: Client, ledger: Ledger): Finding[] {
  const { handled } = client;
  if (handled === undefined) return [];
  return handled.repeats.map((index) => ({ client, event: ledger.events[index], what: 'handled twice' }));
}

function disorderOf(client: Client, { order }: Receipts, ledger: Ledger): Finding[] {
  const newest = new Map<string, Fact>();
  const findings: Finding[] = [];
  for (const index of order) {
    const event = ledger.events[index];
    if (event === undefined || !promised(client, event)) continue;
    const before = newest.get(event.line);
    if (before === undefined || before.version < event.fact.version) newest.set(event.line, event.fact);
    else findings.push({ client, event, what: `came after version ${before.version}` });
  }
  return findings;
}

function gapsOf(client: Client): Finding[] {
  const { gaps, resumes } = client.journey;
  const told = Array.from({ length: gaps }, () => ({ client, event: undefined, what: 'told of a gap' }));
  const failed = [...resumes].filter(([outcome]) => outcome !== 'recovered');
  const notRecovered = failed.map(([outcome, count]) => ({
    client,
    event: undefined,
    what: `${count} × recovered:false ${outcome}`,
  }));
  return [...told, ...notRecovered];
}

function timesIn(history: ReadonlyMap<string, number>, ledger: Ledger, index: number): number {
  return history.get(ledger.events[index]?.id ?? '') ?? 0;
}
