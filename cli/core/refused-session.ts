import type { Finding } from './examination.ts';

export const SILENT_CURE =
  'see the log of delivery; a proxy before it must let frames through at once, and wait longer than 35 s';

const GIVEN =
  'get a token from the backend that delivery trusts: same JWT_SECRET, JWT_ISSUER and JWT_AUDIENCE';
const OURS = 'give delivery, the backend and this command the same JWT_SECRET, and start delivery again';

/** Why delivery wants no session of us; `isGiven` where the token is of `--token`. */
export function refusedSession(
  { code, message }: { readonly code: string; readonly message: string },
  isGiven: boolean,
): Finding {
  const whose = isGiven ? 'the token of --token' : 'a token signed with the JWT_SECRET here';
  if (code === 'TOKEN_EXPIRED') {
    return {
      problem: `delivery takes ${whose} for expired`,
      cure: isGiven ? 'get a new one' : 'the clock of delivery is ahead: keep the machines in step by NTP',
    };
  }
  return { problem: `delivery refuses ${whose}: ${code}: ${message}`, cure: isGiven ? GIVEN : OURS };
}
