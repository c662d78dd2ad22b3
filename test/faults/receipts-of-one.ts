import type { PushBundle, PushReceipt } from '../../shared/contract/receipt.ts';
import type { PersonalReceipts, Refusal } from './push-checker.ts';
import type { PushedEvent, ToldAtOnce } from './showings.ts';

/** What the receipts say of one person, taken in the order of the stream. */
export class ReceiptsOfOne implements PersonalReceipts {
  readonly readMs = new Map<string, number>();
  readonly pushed: PushedEvent[] = [];
  readonly bundles: ToldAtOnce[] = [];
  readonly failed = new Map<string, Refusal>();
  /** By id: it is in a bundle, and nothing has become of it yet. */
  readonly #bundled = new Set<string>();

  /** A device has read it. */
  read(id: string, atMs: number): void {
    this.#bundled.delete(id);
    if (!this.readMs.has(id)) this.readMs.set(id, atMs);
  }

  note([id, cursor, , , stage, , , how]: PushReceipt, atMs: number): void {
    this.#bundled.delete(id);
    if (stage === 'pushed') this.pushed.push({ id, cursor });
    else this.failed.set(id, { why: how, atMs });
  }

  /** Of bundles with the same event the first counts. */
  bundle([named, cursor, , , tag]: PushBundle): void {
    const ids = named.filter((id) => !this.#bundled.has(id));
    for (const id of ids) this.#bundled.add(id);
    this.bundles.push({ ids, cursor, tag });
  }
}
