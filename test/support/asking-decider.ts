import { Lookups } from '../../services/ingest/backends/easyappointments/api/lookups.ts';
import { SiteUrl } from '../../services/ingest/backends/easyappointments/settings.ts';
import { Pace } from '../../services/ingest/backends/easyappointments/api/questions.ts';
import { systemTimer } from '../../services/ingest/backends/easyappointments/api/timer.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { Secret } from '../../shared/config/env.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { TestDecider } from './test-decider.ts';
import { API_TOKEN, FakeEasyAppointments } from './easyappointments-rest.ts';

/** A decider that can ask a site's REST API, with waits that end when the test says so. */
export class AskingDecider {
  readonly decider: TestDecider;
  readonly lookups: Lookups;
  readonly #waits: { readonly delayMs: number; readonly callback: () => void }[] = [];

  private constructor(readonly site: FakeEasyAppointments) {
    const timer = (delayMs: number, callback: () => void) => {
      const own = { delayMs, callback };
      this.#waits.push(own);
      return () => void this.#waits.splice(0, Infinity, ...this.#waits.filter((one) => one !== own));
    };
    const now = () => this.decider.nowMs;
    const clock = () => wallTime(this.decider.wallMs);
    this.lookups = new Lookups({
      site: {
        base: SiteUrl.parse(site.url),
        token: new Secret(API_TOKEN),
        timeoutMs: 10_000,
        maxResponseBytes: 1024 ** 2,
      },
      pace: new Pace({ intervalMs: 0, now, timer: systemTimer }),
      decider: { observe: (...observed) => this.decider.decider.observe(...observed) },
      clock,
      now,
      timer,
      logger: createLogger('ingest', 'fatal'),
    });
    this.decider = new TestDecider({ lookups: this.lookups });
  }

  static async start(): Promise<AskingDecider> {
    const asking = new AskingDecider(await FakeEasyAppointments.start());
    await asking.decider.decider.begin();
    asking.lookups.start([]);
    return asking;
  }

  /** Ends the waits of so long, once there is one. */
  async pass(delayMs: number): Promise<void> {
    for (;;) {
      const due = this.#waits.filter((one) => one.delayMs === delayMs);
      if (due.length === 0) {
        await new Promise(setImmediate);
        continue;
      }
      this.#waits.splice(0, Infinity, ...this.#waits.filter((one) => !due.includes(one)));
      this.decider.nowMs += delayMs;
      for (const { callback } of due) callback();
      return;
    }
  }

  /** Resolves once so many events were announced. */
  async announced(count: number) {
    while (this.decider.announced.length < count) await new Promise(setImmediate);
    return this.decider.announced.slice(0, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lookups.stop();
    await this.site[Symbol.asyncDispose]();
  }
}
