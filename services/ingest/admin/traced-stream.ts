import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { originalIdOf } from '../../../shared/contract/companion-id.ts';
import { jsonIn } from '../../../shared/contract/control.ts';
import {
  OutcomeBatch,
  OUTCOMES_TYPE,
  type Arrived,
  type Outcome,
  type WebhookOutcome,
} from '../../../shared/contract/outcome.ts';
import {
  PUSHES_TYPE,
  PushReceiptBatch,
  ReceiptBatch,
  RECEIPTS_TYPE,
  type PushReceipt,
  type Receipt,
} from '../../../shared/contract/receipt.ts';
import { RECEIPTS } from '../../../shared/contract/topology.ts';
import type { Outcomes } from '../publish/outcomes.ts';
import { readToMark, startAt } from '../publish/read-to-mark.ts';

export interface TracedStreamOptions {
  readonly connection: Pick<BrokerConnection, 'model'>;
  readonly outcomes: Pick<Outcomes, 'flush'>;
}

export interface Sought {
  readonly id: string;
  readonly appointmentId: number | undefined;
  /** Absent: from the beginning. */
  readonly fromMs: number | undefined;
}

/** What the stream of receipts has of one event. */
export interface Kept {
  readonly receipts: readonly Receipt[];
  readonly pushes: readonly PushReceipt[];
  readonly arrivals: readonly Arrived[];
  /** The message that it came of. */
  readonly webhook: WebhookOutcome | undefined;
  /** Stale webhooks of its appointment. */
  readonly stale: readonly WebhookOutcome[];
  /** Whether all was read that is there. */
  readonly isComplete: boolean;
}

export async function readKept(
  { id, appointmentId, fromMs }: Sought,
  { connection, outcomes }: TracedStreamOptions,
): Promise<Kept> {
  const receipts: Receipt[] = [];
  const pushes: PushReceipt[] = [];
  const sought: Outcome[] = [];
  const original = originalIdOf(id);
  const isSought = (one: Outcome) =>
    one.id === id || one.id === original || ('change' in one && one.appointment_id === appointmentId);
  const from = fromMs === undefined ? 'first' : startAt(fromMs);
  // Most messages are of other events, and are not worth a look inside.
  const named = [JSON.stringify(original).slice(1, -1), `"appointment_id":${appointmentId}`];
  const mark = await outcomes.flush();
  const { ending } = await readToMark(
    connection,
    { stream: RECEIPTS, from, mark },
    ({ properties, content }) => {
      if (!named.some((text) => content.includes(text))) return true;
      if (properties.type === RECEIPTS_TYPE)
        receipts.push(...(ReceiptBatch.safeParse(jsonIn(content)).data ?? []).filter(([of]) => of === id));
      else if (properties.type === PUSHES_TYPE)
        pushes.push(...(PushReceiptBatch.safeParse(jsonIn(content)).data ?? []).filter(([of]) => of === id));
      else if (properties.type === OUTCOMES_TYPE)
        sought.push(...(OutcomeBatch.safeParse(jsonIn(content)).data ?? []).filter(isSought));
      return true;
    },
  );
  const webhooks = sought.filter((one) => 'change' in one);
  return {
    receipts,
    pushes,
    arrivals: sought.filter((one): one is Arrived => !('change' in one) && one.id === id),
    webhook: webhooks.find((one) => one.id === original),
    stale: webhooks.filter((one) => one.outcome === 'stale' && one.id !== original),
    isComplete: ending === 'end',
  };
}
