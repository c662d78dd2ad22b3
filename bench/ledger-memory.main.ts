import { LedgerEntry } from '../services/ingest/backends/easyappointments/entries.ts';
import { Ledger } from '../services/ingest/backends/easyappointments/ledger.ts';

/** `node --expose-gc ledger-memory.main.js COUNT`: heap that a ledger of so many appointments takes, in bytes. */
const count = Number(process.argv[2] ?? 10_000);
const STATUSES = ['Booked', 'Confirmed', 'Cancelled', 'Draft'];

const collect = globalThis.gc;
if (collect === undefined) throw new Error('run with --expose-gc');

const heap = () => {
  for (let round = 0; round < 4; round += 1) {
    collect();
  }
  return process.memoryUsage().heapUsed;
};

// Code and caches of the parser are not the ledger's.
fill(new Ledger(), 500);
const before = heap();
const ledger = new Ledger();
fill(ledger, count);
const bytes = heap() - before;
process.stdout.write(`${JSON.stringify({ appointments: ledger.size, bytes })}\n`);

/** As they come from the stream: text, parsed. */
function fill(into: Ledger, appointments: number): void {
  for (let id = 1; id <= appointments; id += 1) into.apply(LedgerEntry.parse(JSON.parse(lineOf(id))));
}

function lineOf(id: number): string {
  const start = new Date(Date.UTC(2026, 10, 23) + id * 45 * 60_000).toISOString().slice(0, 19);
  const end = new Date(Date.UTC(2026, 10, 23) + (id + 1) * 45 * 60_000).toISOString().slice(0, 19);
  const record = {
    version: 1 + (id % 5),
    provider: 1 + (id % 20),
    customer: 1 + (id % 5_000),
    service: 1 + (id % 10),
    start: start.replace('T', ' '),
    end: end.replace('T', ' '),
    status: STATUSES[id % STATUSES.length],
    state: 'booked',
    absence: false,
    updated: 1_795_390_372 + id,
    seen: 1_795_386_772 + id,
    digest: (id * 2_654_435_761) % 2 ** 48,
  };
  return JSON.stringify({ kind: 'appointment', id, record });
}
