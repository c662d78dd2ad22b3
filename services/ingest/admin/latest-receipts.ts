import { jsonIn } from '../../../shared/contract/control.ts';
import {
  PushReceiptBatch,
  PUSHES_TYPE,
  ReceiptBatch,
  RECEIPTS_TYPE,
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

/** How far an event got with a person; `pushed` where a phone of theirs was woken, and nothing says yet that it was read. */
export type Reached = ReceiptStage | 'pushed';

const rank: Readonly<Record<Reached, number>> = { written: 1, pushed: 2, delivered: 3, seen: 4 };

export interface LatestReceiptsOptions extends TracedStreamOptions {
  readonly now: SteadyClock;
}

/** How far events got with whom, by passes over the stream of receipts: while somebody looks, each goes on from the one before. */
export class LatestReceipts {
  /** By event, then by person: the furthest. */
  readonly #stages = new Map<string, Map<string, Reached>>();
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
        for (const [id, , role, user_id, stage] of receiptsIn(properties.type, content))
          if (stage !== 'failed') this.#note(id, { role, user_id }, stage);
        this.#forgetOthers(ids);
        return true;
      },
    );
    this.#readAtMs = now();
    // Where nothing came, not even the mark, somebody has made the stream anew.
    this.#next = next === from || next === 0 ? undefined : next;
    return ending === 'end';
  }

  stageOf(id: string, person: Person): Reached | undefined {
    return this.#stages.get(id)?.get(nameOf(person));
  }

  #begin(): void {
    this.#stages.clear();
    this.#next = undefined;
  }

  #note(id: string, person: Person, stage: Reached): void {
    const people = this.#stages.get(id) ?? new Map<string, Reached>();
    this.#stages.set(id, people);
    const name = nameOf(person);
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

function receiptsIn(type: unknown, content: Buffer) {
  if (type === RECEIPTS_TYPE) return ReceiptBatch.safeParse(jsonIn(content)).data ?? [];
  if (type === PUSHES_TYPE) return PushReceiptBatch.safeParse(jsonIn(content)).data ?? [];
  return [];
}

function nameOf({ role, user_id }: Person): string {
  return `${role}:${user_id}`;
}
