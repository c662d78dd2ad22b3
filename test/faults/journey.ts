import { z } from 'zod';
import type { Ledger } from './ledger.ts';
import { Receipts } from './receipts.ts';

const Frame = z.looseObject({
  type: z.string().optional(),
  event: z.string().optional(),
  id: z.string().optional(),
  cursor: z.string().optional(),
  code: z.string().optional(),
  room: z.string().optional(),
  recovered: z.boolean().optional(),
  replayed: z.number().optional(),
  reason: z.string().optional(),
  data: z.looseObject({ reason: z.string().optional(), truncated: z.boolean().optional() }).optional(),
});
type Frame = z.infer<typeof Frame>;

const JOURNAL_MAX = 2_000;

/** What came to one client, frame by frame, whatever reads them makes of it; and what became of its connections. */
export class Journey {
  readonly receipts: Receipts;
  /** For whoever looks into a failure. */
  readonly journal: { atMs: number; what: string }[] = [];
  readonly resumes = new Map<string, number>();
  gaps = 0;
  /** Events that came in thin form, which is as good as whole. */
  thin = 0;
  firstConnectedMs: number | undefined;
  readonly #subscribing = new Map<string, () => void>();
  #replaying = false;

  constructor(ledger: Ledger, rooms: ReadonlySet<string>) {
    this.receipts = new Receipts(ledger, rooms);
  }

  /** A connection to one instance begins, from there on. */
  begin(instance: number, cursor: string | undefined): void {
    this.#replaying = cursor !== undefined;
    this.note(`begins at instance ${instance} with ${cursor ?? 'no cursor'}`);
  }

  take(json: unknown): void {
    const frame = Frame.parse(json);
    if (frame.event !== undefined) this.#event(frame);
    if (frame.type === 'connected') this.#connected(frame);
    if (frame.type === 'subscribed') this.#subscribing.get(frame.room ?? '')?.();
    if (frame.type === 'resumed') this.#resumed(frame);
    if (frame.type === 'error') this.note(`error ${frame.code ?? '?'}`);
  }

  /** Resolves when the server says that what is published from now on arrives. */
  subscribed(room: string): Promise<void> {
    return new Promise((resolve) => this.#subscribing.set(room, resolve));
  }

  note(what: string): void {
    this.journal.push({ atMs: performance.now(), what });
    if (this.journal.length > JOURNAL_MAX) this.journal.shift();
  }

  #connected({ cursor = '?' }: Frame): void {
    this.firstConnectedMs ??= performance.now();
    this.note(`connected at ${cursor}`);
  }

  #resumed({ recovered = false, reason = '?', replayed = 0, cursor = '?' }: Frame): void {
    const outcome = recovered ? 'recovered' : reason;
    this.resumes.set(outcome, (this.resumes.get(outcome) ?? 0) + 1);
    this.#replaying = false;
    this.note(`resumed: ${outcome}, ${replayed} replayed, at ${cursor}`);
  }

  #event({ id = '', event, data }: Frame): void {
    if (event === 'calendar.sync' && data?.reason === 'gap') {
      this.gaps += 1;
      this.note('told of a gap');
    } else {
      if (data?.truncated === true) this.thin += 1;
      this.receipts.take(id, this.#replaying);
    }
  }
}
