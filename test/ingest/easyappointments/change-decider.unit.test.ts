import { describe, expect, it } from '@jest/globals';
import type { AcceptedEvent } from '../../../services/ingest/accept/accept.ts';
import { ChangeDecider } from '../../../services/ingest/backends/easyappointments/change-decider.ts';
import type { LedgerEntry } from '../../../services/ingest/backends/easyappointments/entries.ts';
import { Ledger } from '../../../services/ingest/backends/easyappointments/ledger.ts';
import { readWebhook } from '../../../services/ingest/backends/easyappointments/webhook.ts';
import { AppError } from '../../../shared/contract/errors.ts';
import { wallTime } from '../../../shared/core/wall-time.ts';
import { webhook, type WebhookBody } from '../../support/test-decider.ts';

/** Something that the broker has been given and has not answered. */
class Call<Given> {
  readonly answered: Promise<void>;
  confirm!: () => void;
  fail!: (error: Error) => void;

  constructor(readonly given: Given) {
    this.answered = new Promise((resolve, reject) => {
      this.confirm = resolve;
      this.fail = reject;
    });
  }
}

/** A decider before a broker that answers when the test says so. */
class SlowDecider {
  readonly announces: Call<readonly AcceptedEvent[]>[] = [];
  readonly writes: Call<readonly LedgerEntry[]>[] = [];
  readonly catchUps: Call<undefined>[] = [];
  readonly ledger = new Ledger();
  refuses = false;
  readonly decider = new ChangeDecider({
    ledger: this.ledger,
    announce: (events) => {
      if (this.refuses) throw new AppError('too_many_unconfirmed', 'full');
      return this.#call(this.announces, events);
    },
    write: async (entries) => {
      await this.#call(this.writes, entries);
      for (const entry of entries) this.ledger.apply(entry);
    },
    catchUp: () => this.#call(this.catchUps, undefined),
    cancelledStatuses: new Set(['cancelled']),
    quietStatuses: new Set(['draft']),
    keepHash: false,
    clock: () => wallTime(Date.UTC(2026, 10, 23)),
  });

  take(body: WebhookBody, id: string): Promise<unknown> {
    const read = readWebhook(body, { keepHash: false });
    if (!('value' in read) || read.value.kind === 'ignored' || read.value.kind === 'reconcile') {
      throw new Error('not for the decider');
    }
    const receivedMs = Date.UTC(2026, 10, 23);
    return this.decider.take({ webhook: read.value, entrance: 'webhook', id, receivedMs });
  }

  get startKnown(): string | null | undefined {
    return this.ledger.get('appointment', 1)?.start;
  }

  #call<Given>(calls: Call<Given>[], given: Given): Promise<void> {
    const call = new Call(given);
    calls.push(call);
    return call.answered;
  }
}

const created = webhook('appointment_save.new');
const moved = webhook('appointment_save.update-reschedule');
const other = webhook('appointment_save.new-unicode');
const lost = new AppError('broker_unavailable', 'lost');
/** Lets everything happen that can happen without the broker. */
const settle = () => new Promise(setImmediate);

describe('one change', () => {
  it('is announced, then written, then done', async () => {
    const slow = new SlowDecider();
    const steps: string[] = [];
    const done = slow.take(created, 'm1').then(() => steps.push('done'));
    await settle();
    expect([slow.announces.length, slow.writes.length, steps]).toEqual([1, 0, []]);
    slow.announces[0]?.confirm();
    await settle();
    expect([slow.writes.length, steps]).toEqual([1, []]);
    slow.writes[0]?.confirm();
    await done;
    expect(slow.startKnown).toBe('2026-12-03 10:00:00');
  });

  it('that cannot be handed over now throws at once and leaves nothing known', () => {
    const slow = new SlowDecider();
    slow.refuses = true;
    expect(() => slow.take(created, 'm1')).toThrow(AppError);
    expect(slow.startKnown).toBeUndefined();
  });

  it('that could not be announced leaves nothing known and is not written', async () => {
    const slow = new SlowDecider();
    const done = slow.take(created, 'm1');
    slow.announces[0]?.fail(lost);
    await expect(done).rejects.toBe(lost);
    expect(slow.startKnown).toBeUndefined();
    expect(slow.writes).toHaveLength(0);
  });

  it('that could not be written says the same under the same ids when its message comes again', async () => {
    const slow = new SlowDecider();
    const first = slow.take(created, 'm1');
    slow.announces[0]?.confirm();
    await settle();
    slow.writes[0]?.fail(lost);
    await expect(first).rejects.toBe(lost);
    void slow.take(created, 'm1').catch(() => undefined);
    expect(slow.announces[1]?.given).toEqual(slow.announces[0]?.given);
    expect(slow.announces[1]?.given.map(({ id }) => id)).toEqual(['m1']);
  });
});

describe('a second change of the same appointment', () => {
  it('is decided on by the first, and announced once all of the first is written', async () => {
    const slow = new SlowDecider();
    const first = slow.take(created, 'm1');
    const second = slow.take(moved, 'm2');
    await settle();
    expect(slow.announces.map(({ given }) => given.map(({ id }) => id))).toEqual([['m1']]);
    slow.announces[0]?.confirm();
    await settle();
    expect(slow.announces).toHaveLength(1);
    slow.writes[0]?.confirm();
    await first;
    await settle();
    expect(slow.announces[1]?.given).toMatchObject([
      { id: 'm2', name: 'appointment.updated', data: { previous_start_local: '2026-12-03 10:00:00' } },
    ]);
    slow.announces[1]?.confirm();
    await settle();
    slow.writes[1]?.confirm();
    await second;
    expect(slow.startKnown).toBe('2026-12-03 16:00:00');
  });

  it('fails with the first, unannounced, and nothing of either stays known', async () => {
    const slow = new SlowDecider();
    const both = [slow.take(created, 'm1'), slow.take(moved, 'm2')];
    slow.announces[0]?.fail(lost);
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(slow.announces).toHaveLength(1);
    expect(slow.startKnown).toBeUndefined();
  });

  it('does not hold up a change of another one', async () => {
    const slow = new SlowDecider();
    void slow.take(created, 'm1');
    void slow.take(moved, 'm2');
    void slow.take(other, 'm3');
    await settle();
    expect(slow.announces.flatMap(({ given }) => given.map(({ id }) => id))).toEqual(['m1', 'm3']);
  });
});

describe('a decider', () => {
  it('opens once it has read what others wrote', async () => {
    const slow = new SlowDecider();
    const begun = slow.decider.begin();
    await settle();
    expect(slow.decider.isOpen).toBe(false);
    slow.catchUps[0]?.confirm();
    await begun;
    expect(slow.decider.isOpen).toBe(true);
    slow.decider.end();
    expect(slow.decider.isOpen).toBe(false);
  });

  it('that ended while it got ready stays closed', async () => {
    const slow = new SlowDecider();
    const begun = slow.decider.begin();
    await settle();
    slow.decider.end();
    slow.catchUps[0]?.confirm();
    await begun;
    expect(slow.decider.isOpen).toBe(false);
  });

  it('that began again stays open when the earlier beginning ends late', async () => {
    const slow = new SlowDecider();
    const early = slow.decider.begin();
    await settle();
    const late = slow.decider.begin();
    await settle();
    slow.catchUps[1]?.confirm();
    await late;
    slow.catchUps[0]?.confirm();
    await early;
    expect(slow.decider.isOpen).toBe(true);
  });

  it('begins again only after what was under way has an outcome', async () => {
    const slow = new SlowDecider();
    const done = slow.take(created, 'm1').catch(() => undefined);
    void slow.decider.begin();
    await settle();
    expect(slow.catchUps).toHaveLength(0);
    slow.announces[0]?.fail(lost);
    await done;
    await settle();
    expect(slow.catchUps).toHaveLength(1);
  });
});
