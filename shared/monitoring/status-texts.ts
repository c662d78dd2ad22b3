import { firstAfter, since } from './sample-ring.ts';
import type { InstanceStatus } from './status.ts';

/** Different answers of one moment: all pages that are open have the same samples, but for one that was just opened. */
const MAX_TEXTS = 20;

type Newer = (status: InstanceStatus) => InstanceStatus;

/** What there is to tell at one moment, made into bytes once for all who have the same samples already. */
export class StatusTexts {
  readonly #texts = new Map<string, Buffer>();

  /** `document`: everything, each of `statuses` in it through the function. */
  constructor(
    private readonly statuses: readonly InstanceStatus[],
    private readonly document: (newer: Newer) => object,
  ) {}

  /** Without the samples that somebody has, by instance; beyond a number of different askers with them. */
  without(have: ReadonlyMap<string, number>): Buffer {
    const haveOf = ({ instance }: InstanceStatus) => have.get(instance) ?? 0;
    const key = this.statuses.map((status) => firstAfter(status.series, haveOf(status))).join();
    const made = this.#texts.get(key);
    if (made !== undefined) return made;
    if (this.#texts.size >= MAX_TEXTS && have.size > 0) return this.without(new Map());
    const newer: Newer = (status) => ({ ...status, series: since(status.series, haveOf(status)) });
    const text = Buffer.from(JSON.stringify(this.document(newer)));
    this.#texts.set(key, text);
    return text;
  }
}
