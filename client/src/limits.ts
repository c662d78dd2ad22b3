/** How long the client waits, and how much it keeps. It imports nothing: then bundlers put the figures in their place. */

export const TOKEN_MS = 30_000;
export const OPENING_MS = 20_000;
export const PONG_MS = 10_000;
/** Of a connection that may have died in sleep. */
export const PROBE_MS = 2_000;
/** A session that lived so long was a success: the next wait is short again. */
export const STABLE_MS = 10_000;
/** Wakes may come in dozens. */
export const MIN_APART_MS = 1_000;
/** The server counts acks that follow one another faster. */
export const ACKS_APART_MS = 1_000;
/** A token that could not be renewed in place is tried again as after so many failures. */
export const RENEWAL_FAILURES = 4;
/** The least after a server was overloaded. */
export const OVERLOADED_MS = 5_000;

/** A token is renewed when a fifth of its time is left, and not more than this before its end. */
export const MAX_MARGIN_MS = 60_000;
/** Sooner is never worth a renewal: then the clock of the device is wrong, or the token the old one. */
export const MIN_WAIT_MS = 1_000;
/** A new token is taken to be good for as long until the server says. */
export const NEW_MS = 30_000;

/** A short break shows nothing: a banner that comes and goes is worse than none. */
export const SETTLE_MS = 1_500;
/**
 * What came just before a cursor may come again: where the clock of an ingest instance was ahead, all that came since. And what
 * was published twice, because its confirm was lost with a broker, comes once more minutes later. Some 100 bytes each.
 */
export const REMEMBERED_IDS = 10_000;
/** Events that may wait for a slow loop. */
export const MAX_WAITING = 10_000;
