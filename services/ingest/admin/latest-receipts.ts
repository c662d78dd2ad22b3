import { jsonIn } from '../../../shared/contract/control.ts';
import {
  ReceiptBatch,
  RECEIPTS_TYPE,
  type Receipt,
  type ReceiptStage,
} from '../../../shared/contract/receipt.ts';
import { RECEIPTS } from '../../../shared/contract/topology.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import { readToMark, startAt } from '../publish/read-to-mark.ts';
import type { Person } from './traced-people.ts';
import type { TracedStreamOptions } from './traced-stream.ts';

/** Whose receipts are known besides those that were asked for last: an event may be read after the first of its receipts. */
const MAX_OTHER_EVENTS = 1_000;
/** Nobody looks any more: to go on from there would be longer than to begin where the latest events do. */
const IDLE_MS = 60_000;

const rank: Readonly<Record<ReceiptStage, number>> = { written: 1, delivered: 2, seen: 3 };

export interface LatestReceiptsOptions extends TracedStreamOptions {
  readonly now: SteadyClock;
}

/** How far events got with whom, by passes over the stream of receipts: while somebody looks, each goes on from the one before. */
export class LatestReceipts {
  /** By event, then by person: the furthest. */
  readonly #stages = new Map<string, Map<string, ReceiptStage>>();
  #next: number | undefined;
  #readAtMs = -Infinity;

  constructor(private readonly options: LatestReceiptsOptions) {}

  /** All that is known of these events, of which the oldest was stamped at `fromMs`; `false` where it was too much for one pass. */
  async read(ids: ReadonlySet<string>, fromMs: number): Promise<boolean> {
    const { connection, outcomes, now } = this.options;
    if (now() - this.#readAtMs > IDLE_MS) this.#begin();
    const from = this.#next ?? startAt(fromMs);
    const mark = await outcomes.flush();
    const { ending, next } = await readToMark(
      connection,
      { stream: RECEIPTS, from, mark },
      ({ properties, content }) => {
        if (properties.type !== RECEIPTS_TYPE) return true;
        for (const receipt of ReceiptBatch.safeParse(jsonIn(content)).data ?? []) this.#note(receipt);
        this.#forgetOthers(ids);
        return true;
      },
    );
    this.#readAtMs = now();
    // Where nothing came, not even the mark, somebody has made the stream anew.
    this.#next = next === from || next === 0 ? undefined : next;
    return ending === 'end';
  }

  stageOf(id: string, person: Person): ReceiptStage | undefined {
    return this.#stages.get(id)?.get(nameOf(person));
  }

  #begin(): void {
    this.#stages.clear();
    this.#next = undefined;
  }

  #note([id, , role, user_id, stage]: Receipt): void {
    const people = this.#stages.get(id) ?? new Map<string, ReceiptStage>();
    this.#stages.set(id, people);
    const name = nameOf({ role, user_id });
    const before = people.get(name);
    if (before === undefined || rank[stage] > rank[before]) people.set(name, stage);
  }

  #forgetOthers(ids: ReadonlySet<string>): void {
    let tooMany = this.#stages.size - ids.size - MAX_OTHER_EVENTS;
    for (const id of this.#stages.keys()) {
      if (tooMany <= 0) return;
      if (ids.has(id)) continue;
      this.#stages.delete(id);
      tooMany -= 1;
    }
  }
}

function nameOf({ role, user_id }: Person): string {
  return `${role}:${user_id}`;
}
