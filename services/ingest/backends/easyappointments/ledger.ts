import {
  keyOf,
  kinds,
  RUN_ID,
  type LedgerEntry,
  type Kind,
  type NamedKind,
  type Records,
} from './entries.ts';

/** An entry whose version the ledger gives when it is proposed. */
export type Proposal = {
  [K in Kind]: { readonly kind: K; readonly id: number; readonly record: Omit<Records[K], 'version'> };
}[Kind];

/** Whom and what appointments are about; for the names and rooms of an event. */
export interface Directory {
  nameOf(kind: NamedKind, id: number | null | undefined): string | undefined;
  /** Of somebody without one, and of what is nobody's, the site's default. */
  zoneOf(provider: number | undefined): string | undefined;
  secretariesOf(provider: number): readonly number[];
}

/**
 * What is known of every appointment, person, service and blocked period: what the stream says, and before it what this instance
 * has decided and not read back yet. Only the instance that consumes the inbox proposes; all follow the stream.
 */
export class Ledger implements Directory {
  readonly #kept = Object.fromEntries(kinds.map((kind) => [kind, new Map()])) as {
    readonly [K in Kind]: Map<number, Records[K]>;
  };
  readonly #proposed = new Map<string, LedgerEntry>();
  readonly #held = new Set<string>();
  /** Above the versions of all that was forgotten: the stream still holds them, and a later entry must count before them. */
  #forgottenVersion = 0;
  /** Statuses and zones are a handful of words in thousands of records. */
  readonly #words = new Map<string, string>();

  get<K extends Kind>(kind: K, id: number): Records[K] | undefined {
    const proposed = this.#proposed.get(keyOf({ kind, id }));
    return (proposed?.record as Records[K] | undefined) ?? this.#kept[kind].get(id);
  }

  /** An entry as the stream has it. */
  apply(entry: LedgerEntry): void {
    const key = keyOf(entry);
    const proposed = this.#proposed.get(key);
    if (proposed !== undefined && proposed.record.version <= entry.record.version) this.#proposed.delete(key);
    const kept = this.#kept[entry.kind] as Map<number, LedgerEntry['record']>;
    if ((kept.get(entry.id)?.version ?? 0) >= entry.record.version) return;
    kept.set(entry.id, entry.kind === 'appointment' ? this.#compact(entry.record) : entry.record);
  }

  /** Counts from now on, until it is read back or withdrawn. */
  propose(proposals: readonly Proposal[]): readonly LedgerEntry[] {
    return proposals.map(({ kind, id, record }) => {
      const version = (this.get(kind, id)?.version ?? this.#forgottenVersion) + 1;
      const entry = { kind, id, record: { ...record, version } } as LedgerEntry;
      this.#proposed.set(keyOf(entry), entry);
      return entry;
    });
  }

  /** What was proposed is announced later, and shows what is known then: until that it is not `coming`. */
  hold(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) this.#held.add(keyOf(entry));
  }

  /** What is announced now, as it will be written; what was proposed after it stays. */
  release(entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
    for (const entry of entries) {
      const key = keyOf(entry);
      this.#held.delete(key);
      if (this.#proposed.get(key)?.record.version === entry.record.version) this.#proposed.set(key, entry);
    }
    return entries;
  }

  /** What was proposed could not be announced; whatever was proposed after it stays. */
  withdraw(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      this.#held.delete(keyOf(entry));
      if (this.#proposed.get(keyOf(entry)) === entry) this.#proposed.delete(keyOf(entry));
    }
  }

  nameOf(kind: NamedKind, id: number | null | undefined): string | undefined {
    const found = typeof id === 'number' ? this.get(kind, id) : undefined;
    return found?.gone === true ? undefined : (found?.name ?? undefined);
  }

  zoneOf(provider: number | undefined): string | undefined {
    const known = provider === undefined ? undefined : this.get('provider', provider);
    if (provider !== undefined && known === undefined) return undefined;
    return known?.timezone ?? this.lastRun?.zone;
  }

  secretariesOf(provider: number): readonly number[] {
    const isTheirs = ({ gone, providers }: Records['secretary']) => !gone && providers.includes(provider);
    return this.#ids('secretary', isTheirs).sort((a, b) => a - b);
  }

  /** Booked appointments of somebody or of a service, by id. */
  bookedOf(kind: NamedKind, id: number): readonly (readonly [number, Records['appointment']])[] {
    return [...this.#all('appointment')]
      .filter(([, record]) => record.state !== 'deleted' && !record.absence && record[kind] === id)
      .sort(([a], [b]) => a - b);
  }

  /** Appointments and absences of somebody, or of all, that did not end before a day (`Y-m-d`). */
  coming(today: string, of?: { readonly kind: NamedKind; readonly id: number }) {
    const isMeant = (record: Records['appointment']) => of === undefined || record[of.kind] === of.id;
    const isComing = ({ state, end }: Records['appointment']) =>
      state === 'booked' && (end === null || end >= today);
    return [...this.#all('appointment')].filter(
      ([id, record]) =>
        isMeant(record) && isComing(record) && !this.#held.has(keyOf({ kind: 'appointment', id })),
    );
  }

  /** Ids of appointments that exist and start on these days (`Y-m-d`, both included). */
  existingBetween(firstDay: string, lastDay: string): readonly number[] {
    return this.#ids('appointment', ({ state, absence, start }) => {
      const day = start?.slice(0, firstDay.length);
      return state !== 'deleted' && !absence && day !== undefined && day >= firstDay && day <= lastDay;
    });
  }

  /** Ids of absences, or of blocked periods, that exist and did not end before a day (`Y-m-d`). */
  existingFrom(kind: 'unavailability' | 'blocked_period', day: string): readonly number[] {
    const isComing = ({ end }: { readonly end: string | null }) => end === null || end >= day;
    if (kind === 'blocked_period') return this.#ids(kind, (record) => !record.gone && isComing(record));
    const isThere = ({ absence, state }: Records['appointment']) => absence && state !== 'deleted';
    return this.#ids('appointment', (record) => isThere(record) && isComing(record));
  }

  /** Appointments of which two saves of one second said different things. */
  undecided(): readonly number[] {
    return this.#ids('appointment', ({ undecided, absence }) => undecided === true && !absence);
  }

  get lastRun(): Records['run'] | undefined {
    return this.get('run', RUN_ID);
  }

  /** Forgets appointments and blocked periods that ended before a day (`Y-m-d`). */
  forgetBefore(day: string): void {
    for (const kept of [this.#kept.appointment, this.#kept.blocked_period]) {
      for (const [id, { end, version }] of kept) {
        if (end === null || end >= day) continue;
        kept.delete(id);
        this.#forgottenVersion = Math.max(this.#forgottenVersion, version);
      }
    }
  }

  get size(): number {
    return Object.values(this.#kept).reduce((sum, { size }) => sum + size, 0);
  }

  /** What the stream says, for writing it once more. */
  *entries(): Generator<LedgerEntry> {
    for (const [kind, kept] of Object.entries(this.#kept)) {
      for (const [id, record] of kept) yield { kind, id, record } as LedgerEntry;
    }
  }

  #ids<K extends Kind>(kind: K, isMeant: (record: Records[K]) => boolean): number[] {
    return [...this.#all(kind)].filter(([, record]) => isMeant(record)).map(([id]) => id);
  }

  *#all<K extends Kind>(kind: K): Generator<readonly [number, Records[K]]> {
    const kept = this.#kept[kind];
    const isProposed = this.#proposed.size > 0;
    for (const [id, record] of kept) yield [id, isProposed ? (this.get(kind, id) ?? record) : record];
    for (const { kind: its, id, record } of this.#proposed.values()) {
      if (its === kind && !kept.has(id)) yield [id, record as Records[K]];
    }
  }

  #compact(record: Records['appointment']): Records['appointment'] {
    const { status, zone } = record;
    return { ...record, status: this.#word(status), ...(zone !== undefined && { zone: this.#word(zone) }) };
  }

  #word(text: string | null): string | null {
    if (text === null) return null;
    const word = this.#words.get(text) ?? text;
    if (this.#words.size < MAX_WORDS) this.#words.set(word, word);
    return word;
  }
}

/** An operator's list of statuses is short, and so is that of zones; what is more than that is somebody's free text. */
const MAX_WORDS = 1_000;
