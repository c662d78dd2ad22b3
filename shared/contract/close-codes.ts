/**
 * Why a session ends, by WebSocket close code (RFC 6455 section 7.4), and what the client should do. Ranges
 * speak for codes that a client has never seen: 4000–4499 come back, 4500–4999 do not.
 */
export const closeCodes = {
  goingAway: { code: 1012, reason: 'restarting: come back after a random delay', comeBack: 'after a delay' },
  tooLarge: { code: 1009, reason: 'frame too large: send less in one frame', comeBack: 'yes' },
  /** RFC 6455 section 7.4.1: found by the WebSocket library itself. */
  malformedFrame: { code: 1002, reason: 'no WebSocket frame as in RFC 6455', comeBack: 'once mended' },
  notUtf8: { code: 1007, reason: 'text that is not UTF-8', comeBack: 'once mended' },
  overloaded: { code: 1013, reason: 'overloaded: try again later', comeBack: 'after a delay' },
  unauthenticated: { code: 3000, reason: 'no valid token: come back with one', comeBack: 'with a new token' },
  tokenExpired: {
    code: 4001,
    reason: 'token expired: come back with a new one',
    comeBack: 'with a new token',
  },
  /** Nothing was refused: a slow network is a reason too. */
  noToken: {
    code: 4003,
    reason: 'no token came in time: come back with one',
    comeBack: 'with a token',
  },
  tooManyFrames: {
    code: 4008,
    /** The seconds to wait are put behind it. */
    reason: 'too many frames or connects: come back in seconds:',
    comeBack: 'with the cursor, after the seconds that the reason names',
  },
  replaced: {
    code: 4009,
    reason: 'replaced by a newer session of the same user',
    comeBack: 'with the cursor, when somebody looks at the app again',
  },
  tooSlow: { code: 4002, reason: 'too slow: come back with the cursor', comeBack: 'with the cursor' },
} as const;

export type CloseName = keyof typeof closeCodes;

/** RFC 6455 section 5.5: a control frame carries 125 bytes, two of them the code. */
const MAX_REASON_BYTES = 123;

/** Cuts a reason to what a close frame can carry, never in the middle of a character. */
export function closeReason(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= MAX_REASON_BYTES) return text;
  let end = MAX_REASON_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
