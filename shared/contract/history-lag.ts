/**
 * How far the history may lag behind the queues in a cluster, in ms, and the two rules that make up for it.
 *
 *     an event ──┬──────────────────────────────────▶ the queues that are bound now
 *                └─ the history has no leader ─ ─ ─ ▶ the history
 *                        │              │
 *                        │              └ read up to a mark: the event is not in it yet
 *                        └ a queue is bound: the event will not come by it
 *
 * The exchange hands a message to the history and to the queues by different links. While the history's leader is being
 * replaced the message waits, and may enter the history behind what was published later on another connection.
 *
 * - Ingest publishes an event again that was confirmed after a silence of more than `CONFIRM_SILENCE_MS`. The copy is
 *   routed when the original is in the history: it comes to every queue that was bound by then, and the mark for one that
 *   was bound later lies behind the original.
 * - Delivery publishes the mark that ends a reading no sooner than `HISTORY_LAG_MS` after the bindings of its readers
 *   stood: what was confirmed without a silence is before it.
 */
export const CONFIRM_SILENCE_MS = 100;
export const HISTORY_LAG_MS = 150;
