import type { Finding } from './finding.ts';
import type { Ledger, TrackedEvent } from './ledger.ts';
import type { Phone } from './phones.ts';
import { showingsOf, type PushRecord, type Showing } from './showings.ts';

/** Why nobody was told, and when that stood in the stream of receipts. */
export interface Refusal {
  readonly why: string;
  readonly atMs: number;
}

/** What the receipts say of one person. */
export interface PersonalReceipts extends PushRecord {
  /** By id: since when it stands in the stream that a device of theirs has read the event. */
  readonly readMs: ReadonlyMap<string, number>;
  /** By id: the last one. */
  readonly failed: ReadonlyMap<string, Refusal>;
}

export interface PushEvidence {
  readonly ledger: Ledger;
  readonly phones: readonly Phone[];
  /** Of the person to whom a room belongs. */
  readonly receiptsOf: (room: string) => PersonalReceipts;
  /** By cursor, which event of the history that is. */
  readonly idsAt: ReadonlyMap<string, string>;
  /** How long somebody has to read an event. */
  readonly afterMs: number;
}

/** What a run comes to for those who are asleep. All but the counts have to be 0. */
export interface PushVerdict {
  /** Nobody read it, and no phone was told. */
  readonly unwoken: readonly Finding[];
  /** Somebody had read it in time, or it was over. */
  readonly wokenInVain: readonly Finding[];
  /** By a notice that told of what another one had told of; the same again in the same place is silent. */
  readonly buzzedAgain: readonly Finding[];
  /** In the place of a newer one. */
  readonly olderShown: readonly Finding[];
  /** As a receipt says; no phone was told. */
  readonly falselyPushed: readonly Finding[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Events that somebody with a phone has to be told of, and of which it is not known yet what became of them. */
export function undecided({ ledger, phones, receiptsOf }: PushEvidence): readonly TrackedEvent[] {
  return phones.flatMap(({ room }) => {
    const { readMs, pushed, failed } = receiptsOf(room);
    const told = new Set(pushed.map(({ id }) => id));
    return dueTo(room, ledger).filter(({ id }) => !readMs.has(id) && !told.has(id) && !failed.has(id));
  });
}

/** Without evidence there is nothing to find. */
export function judgePush(evidence: PushEvidence | undefined): PushVerdict {
  if (evidence === undefined)
    return { unwoken: [], wokenInVain: [], buzzedAgain: [], olderShown: [], falselyPushed: [], counts: {} };
  const verdicts = evidence.phones.map((phone) => new PhoneJudge(phone, evidence).verdict());
  const counts: Record<string, number> = { phones: verdicts.length };
  for (const verdict of verdicts)
    for (const [name, count] of Object.entries(verdict.counts)) counts[name] = (counts[name] ?? 0) + count;
  return {
    unwoken: verdicts.flatMap(({ unwoken }) => unwoken),
    wokenInVain: verdicts.flatMap(({ wokenInVain }) => wokenInVain),
    buzzedAgain: verdicts.flatMap(({ buzzedAgain }) => buzzedAgain),
    olderShown: verdicts.flatMap(({ olderShown }) => olderShown),
    falselyPushed: verdicts.flatMap(({ falselyPushed }) => falselyPushed),
    counts,
  };
}

/** One phone, and what its user was to be told. */
class PhoneJudge {
  readonly #ledger: Ledger;
  readonly #receipts: PersonalReceipts;
  readonly #showings: readonly Showing[];
  readonly #unshown: readonly string[];
  readonly #due: readonly TrackedEvent[];
  /** By push, be it once or more. */
  readonly #told: ReadonlySet<string>;

  constructor(
    private readonly phone: Phone,
    private readonly evidence: PushEvidence,
  ) {
    this.#ledger = evidence.ledger;
    this.#receipts = evidence.receiptsOf(phone.room);
    const { showings, unshown } = showingsOf(phone.notices, this.#receipts, evidence.idsAt);
    this.#showings = showings;
    this.#unshown = unshown;
    this.#due = dueTo(phone.room, this.#ledger);
    this.#told = new Set(showings.flatMap(({ ids }) => ids));
  }

  verdict(): PushVerdict {
    const { readMs, failed } = this.#receipts;
    const buzzes = this.#showings.filter(({ isRepeat }) => !isRepeat);
    const unread = this.#due.filter(({ id }) => !readMs.has(id));
    const untold = unread.filter(({ id }) => !this.#told.has(id));
    const unwoken = untold.filter((event) => !this.#wasSuperseded(event));
    return {
      unwoken: unwoken.map(({ id }) => this.#find(id, `not told: ${failed.get(id)?.why ?? 'no word of it'}`)),
      wokenInVain: [...this.#told].flatMap((id) => this.#inVain(id)),
      buzzedAgain: toldBefore(buzzes).map((id) => this.#find(id, 'buzzed again')),
      olderShown: this.#olderIn(this.#showings).map((id) => this.#find(id, 'in the place of a newer one')),
      falselyPushed: this.#unshown.map((id) => this.#find(id, 'pushed, by a receipt alone')),
      counts: {
        'to be told of': this.#due.length,
        'read by an app': this.#due.length - unread.length,
        'told by push alone': unread.length - untold.length,
        'superseded before': untold.length - unwoken.length,
        'told by push, and read': this.#due.filter(({ id }) => readMs.has(id) && this.#told.has(id)).length,
        'of them read before the notice': this.#showings.flatMap((one) => this.#readBefore(one)).length,
        notices: this.#showings.length,
        'of several events': this.#showings.filter(({ ids }) => ids.length > 1).length,
        'not announced': this.#showings.filter(({ isAnnounced }) => !isAnnounced).length,
        'repeated under the same tag': this.#showings.length - buzzes.length,
        buzzes: buzzes.length,
      },
    };
  }

  /** Something newer of the appointment was said by then; that has to be told in turn. */
  #wasSuperseded({ id, line, fact }: TrackedEvent): boolean {
    const refusal = this.#receipts.failed.get(id);
    if (refusal?.why !== 'superseded') return false;
    const isNewer = (other: TrackedEvent) =>
      other.line === line &&
      other.fact.version > fact.version &&
      (other.fact.firstTriedMs ?? Infinity) < refusal.atMs;
    return this.#ledger.events.some(isNewer);
  }

  #inVain(id: string): readonly Finding[] {
    const fact = this.#ledger.find(id)?.fact;
    if (fact?.wakes !== true) return [this.#find(id, 'told of what is over')];
    const readMs = this.#receipts.readMs.get(id) ?? Infinity;
    const isInTime = readMs <= (fact.firstTriedMs ?? 0) + this.evidence.afterMs;
    return isInTime ? [this.#find(id, 'told of what was read in time')] : [];
  }

  #readBefore({ notice, ids }: Showing): readonly string[] {
    return ids.filter((id) => (this.#receipts.readMs.get(id) ?? Infinity) < notice.atMs);
  }

  #olderIn(showings: readonly Showing[]): readonly string[] {
    const newest = new Map<string, number>();
    return showings.flatMap(({ ids: [id = '', ...others] }) => {
      const event = this.#ledger.find(id);
      if (event === undefined || others.length > 0) return [];
      const before = newest.get(event.line) ?? 0;
      newest.set(event.line, Math.max(before, event.fact.version));
      return event.fact.version < before ? [id] : [];
    });
  }

  #find(id: string, what: string): Finding {
    return { client: undefined, event: this.#ledger.find(id), what: `${this.phone.name}, ${what}` };
  }
}

/** The newest event of each notice that one before it had told of too. */
function toldBefore(buzzes: readonly Showing[]): readonly string[] {
  const told = new Set<string>();
  return buzzes.flatMap(({ ids }) => {
    const before = ids.filter((id) => told.has(id));
    for (const id of ids) told.add(id);
    return before.slice(-1);
  });
}

function dueTo(room: string, { events }: Ledger): readonly TrackedEvent[] {
  return events.filter(
    ({ id, rooms, fact }) => rooms.has(room) && fact.wakes && id === fact.id && fact.acceptedMs !== undefined,
  );
}
