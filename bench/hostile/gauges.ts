import { readFileSync } from 'node:fs';
import { get } from 'node:http';

const RSS_EVERY_MS = 100;
const LIVE_EVERY_MS = 200;
/** Nothing within this counts as this long. */
const LIVE_TIMEOUT_MS = 10_000;

/** In MiB; 0 once the process is gone. */
export function rssOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** Of Linux, on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Milliseconds of CPU that the process has taken; 0 once it is gone. */
export function cpuMsOf(pid: number): number {
  try {
    const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
    const [user = 0, system = 0] = fields.slice(11, 13).map(Number);
    return ((user + system) * 1_000) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Watches one service as its operator does: its memory, and how long `/health/live` takes, on a new connection each time. */
export class Gauge {
  peakMib: number;
  liveMs = 0;
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(
    private readonly pid: number,
    private readonly healthPort: number,
  ) {
    this.peakMib = rssOf(pid);
    this.#timers = [
      setInterval(() => (this.peakMib = Math.max(this.peakMib, rssOf(this.pid))), RSS_EVERY_MS),
      setInterval(() => void this.#askLive(), LIVE_EVERY_MS),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #askLive(): Promise<void> {
    const startedMs = performance.now();
    const good = await isLive(this.healthPort);
    this.liveMs = Math.max(this.liveMs, good ? performance.now() - startedMs : LIVE_TIMEOUT_MS);
  }
}

function isLive(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const url = `http://127.0.0.1:${port}/health/live`;
    const call = get(url, { agent: false, timeout: LIVE_TIMEOUT_MS }, (response) => {
      response.resume();
      response.on('close', () => resolve(response.statusCode === 200));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
  });
}
