import type { ReconcilerOptions } from '../../services/ingest/backends/easyappointments/api/reconciler.ts';
import { TestDecider, told } from './test-decider.ts';
import type { Interference } from './easyappointments-rest.ts';
import { NOW_MS, Reconciling } from './reconciling.ts';

/** Runs against a site, and what the decider of this instance makes of them. */
export class ListedSite {
  private constructor(
    readonly world: Reconciling,
    readonly decider: TestDecider,
  ) {}

  static async start(options: Partial<ReconcilerOptions> = {}): Promise<ListedSite> {
    const decider = new TestDecider();
    decider.nowMs = NOW_MS;
    await decider.decider.begin();
    return new ListedSite(await Reconciling.start({}, { decider: decider.decider, ...options }), decider);
  }

  get rows() {
    return this.world.site.rows;
  }

  /** What a run tells, more than 10 s after the one before. */
  async run(): Promise<string[]> {
    const before = this.decider.announced.length;
    this.world.time.nowMs += 60_000;
    this.world.reports.push(await this.world.run());
    return this.decider.announced.slice(before).map(told);
  }

  get report() {
    return this.world.reports.at(-1);
  }

  asked(path: string) {
    return this.world.site.asked(path).map(({ query }) => query);
  }

  said(words: string): number {
    return this.world.log.filter((line) => line.includes(words)).length;
  }

  /** Interferes with one list, until it is called with nothing. */
  interfere(path?: string, how?: Interference): void {
    this.world.site.interfere = (request, response) =>
      request.path === path && how?.(request, response) === true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }
}
