import { describe, expect, it } from '@jest/globals';
import { LedgerEntry } from '../../../services/ingest/backends/easyappointments/entries.ts';
import { Ledger, type Proposal } from '../../../services/ingest/backends/easyappointments/ledger.ts';

const appointment = (start: string, fields: object = {}): Proposal => ({
  kind: 'appointment',
  id: 1,
  record: {
    provider: 4,
    customer: 6,
    service: 1,
    start,
    end: start,
    status: 'Booked',
    state: 'booked',
    absence: false,
    updated: 0,
    seen: 0,
    digest: 1,
    ...fields,
  },
});

/** Written, as the stream gives it back. */
const read = (entry: LedgerEntry) => LedgerEntry.parse(JSON.parse(JSON.stringify(entry)));
const startIn = (ledger: Ledger) => ledger.get('appointment', 1)?.start;

function oneOf(entries: readonly LedgerEntry[]): LedgerEntry {
  const [entry] = entries;
  if (entry === undefined) throw new Error('nothing was proposed');
  return entry;
}

describe('the versions of an entry', () => {
  it('decide which counts, not the order in which they stand', () => {
    const writer = new Ledger();
    const entries = ['a', 'b', 'c'].map((start) => oneOf(writer.propose([appointment(start)])));
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const ledger = new Ledger();
      for (const index of order) ledger.apply(read(oneOf(entries.slice(index))));
      expect(startIn(ledger)).toBe('c');
    }
  });

  it('let one that lost its place write late without undoing what came after it', () => {
    const [late, next] = [new Ledger(), new Ledger()];
    const first = oneOf(late.propose([appointment('first')]));
    next.apply(read(oneOf(next.propose([appointment('first')]))));
    next.apply(read(oneOf(next.propose([appointment('second')]))));
    next.apply(read(first));
    expect(startIn(next)).toBe('second');
  });

  it('grow past those of a thing that was forgotten, whose entries the stream still holds', () => {
    const stream: LedgerEntry[] = [];
    const running = new Ledger();
    const write = (start: string) => {
      const entry = read(oneOf(running.propose([appointment(start)])));
      stream.push(entry);
      running.apply(entry);
    };
    for (const day of ['2026-01-01', '2026-01-02', '2026-01-03']) write(day);
    running.forgetBefore('2026-06-01');
    expect(startIn(running)).toBeUndefined();
    write('2026-12-24');

    const restarted = new Ledger();
    for (const entry of stream) restarted.apply(entry);
    expect(startIn(restarted)).toBe('2026-12-24');
  });
});

describe('what was proposed', () => {
  it('counts at once, and what is older in the stream does not undo it', () => {
    const ledger = new Ledger();
    const old = oneOf(ledger.propose([appointment('old')]));
    ledger.propose([appointment('new')]);
    ledger.apply(read(old));
    expect(startIn(ledger)).toBe('new');
  });

  it('does not count any more once it is withdrawn: what the stream says does', () => {
    const ledger = new Ledger();
    ledger.apply(read(oneOf(ledger.propose([appointment('written')]))));
    const entries = ledger.propose([appointment('never written')]);
    ledger.withdraw(entries);
    expect(startIn(ledger)).toBe('written');
  });

  it('after it stays when an earlier one is withdrawn', () => {
    const ledger = new Ledger();
    const entries = ledger.propose([appointment('first')]);
    ledger.propose([appointment('second')]);
    ledger.withdraw(entries);
    expect(startIn(ledger)).toBe('second');
  });
});
