import { destination, levels, symbols, type DestinationStream } from 'pino';

const GATHER_MS = 50;
/** UTF-16 units; so much goes at once. */
const MAX_GATHERED = 16 * 1024;
const AT_ONCE_FROM = levels.values['warn'] ?? 0;

/**
 * Lines of a log that go to standard output together, within `GATHER_MS`: a call to the kernel for each cost delivery an eighth of what
 * an event does. A warning goes at once, with what came before it, and a process that ends leaves nothing behind; one that is
 * killed takes the last moment with it.
 */
export class GatheredLines implements DestinationStream {
  /** Has pino say the level of each line before it writes it. */
  readonly [symbols.needsMetadataGsym] = true;
  lastLevel = 0;
  #gathered = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly out: DestinationStream = destination({ dest: 1, sync: true })) {
    process.on('exit', this.#flush);
  }

  write(line: string): void {
    this.#gathered += line;
    if (this.lastLevel >= AT_ONCE_FROM || this.#gathered.length >= MAX_GATHERED) this.#flush();
    else this.#timer ??= setTimeout(this.#flush, GATHER_MS).unref();
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#gathered;
    this.#gathered = '';
    if (lines !== '') this.out.write(lines);
  };
}
