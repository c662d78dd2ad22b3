/**
 * How far the history may lag behind the queues, in ms.
 *
 * An exchange hands a message to the history and to the queues at the same time, but in a cluster by different links, and
 * not at all for as long as the history's leader is being replaced: the message then enters the history when there is one again, perhaps behind what
 * was published later on another connection. Whoever bound a queue in between and reads the history up to a mark would miss it.
 *
 * So both sides of a cluster keep to this. Ingest publishes again what it had confirmed only after a silence of more
 * than `STALL_MS`: the copy is routed when the original is in the history, so it comes to every queue that was bound by then, and a mark
 * for one that was bound later lies behind the original. Delivery publishes the mark that ends its reading no sooner than `SETTLE_MS`
 * after whom it reads for was bound: what was confirmed without a silence is before it.
 */
export const CONFIRM_SILENCE_MS = 100;
export const HISTORY_LAG_MS = 150;
