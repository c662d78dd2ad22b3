import { describe, expect, it } from '@jest/globals';
import { Admission } from '../../services/delivery/session/admission.ts';
import { FrameBounds } from '../../services/delivery/session/frame-bounds.ts';
import { LeftUnread } from '../../services/delivery/receipts/left-unread.ts';
import { LeftOff } from '../../services/delivery/session/left-off.ts';
import { ShutOut } from '../../services/delivery/session/shut-out.ts';
import { LongReplays } from '../../services/delivery/stream/long-replays.ts';
import { Handshakes } from '../../services/delivery/transport/handshakes.ts';
import { LineBudget } from '../../shared/core/line-budget.ts';
import { cursorAt } from './fakes.ts';

const REWIND_MS = 30_000;
const NOW_MS = 3_000_000;
const user = (userId: number) => ({ role: 'customer', userId, expiresAtMs: 0 }) as const;

/** One who comes, and whether it is known then that they came before. */
type Memory = () => { come: (who: number) => void; isKnown: (who: number) => boolean };

const memories: readonly [who: string, most: number, memory: Memory][] = [
  [
    'that are told to wait',
    10_000,
    () => {
      const shutOut = new ShutOut();
      return {
        come: (who) => shutOut.add(`${who}`, 1_000, 0),
        isKnown: (who) => shutOut.remainingMs(`${who}`, 0) > 0,
      };
    },
  ],
  [
    'whose connects are counted',
    20_000,
    () => {
      const ended = { end: () => undefined, cutOff: () => undefined };
      const limits = {
        maxSessions: 1e9,
        maxStrangers: 1,
        maxSessionsPerUser: 1e9,
        maxSessionsPerAddress: 1e9,
        maxConnectsPerMinute: 1,
      };
      const admission = new Admission<object & typeof ended>(limits);
      const admit = (who: number) =>
        admission.admit({ ...ended }, { userKey: `customer:${who}`, network: undefined }, 0);
      return { come: admit, isKnown: (who) => admit(who) !== undefined };
    },
  ],
  [
    'whose handshakes are counted',
    20_000,
    () => {
      const handshakes = new Handshakes({
        limits: { maxHandshakesPerSecond: 1e9, maxHandshakesPerSecondPerAddress: 0.25 },
        accepts: () => true,
        shutOutMs: () => 0,
        now: () => 0,
      });
      const isTurnedAway = (who: number) => {
        let isRefused = false;
        const client = { address: `${who}`, network: `${who}`, isNamed: true, isForwarded: true };
        handshakes.enter(client, undefined, { take: () => undefined, refuse: () => (isRefused = true) });
        return isRefused;
      };
      return { come: isTurnedAway, isKnown: isTurnedAway };
    },
  ],
  [
    'whose long replays are counted',
    10_000,
    () => {
      const replays = new LongReplays(1);
      return { come: (who) => replays.take(`${who}`, 0), isKnown: (who) => !replays.take(`${who}`, 0) };
    },
  ],
  [
    'whose client refuses large frames',
    20_000,
    () => {
      const bounds = new FrameBounds();
      return {
        come: (who) => bounds.refused(user(who), 8_000, 0),
        isKnown: (who) => bounds.of(user(who), 0) < 8_000,
      };
    },
  ],
  [
    'who left',
    20_000,
    () => {
      const leftOff = new LeftOff(REWIND_MS);
      return {
        come: (who) => leftOff.add(user(who), NOW_MS - 2 * REWIND_MS, NOW_MS),
        isKnown: (who) => leftOff.rewindSinceMs(user(who), NOW_MS) < NOW_MS - REWIND_MS,
      };
    },
  ],
  [
    'who left something unread',
    20_000,
    () => {
      const left = new LeftUnread(() => undefined);
      const cursor = cursorAt(0);
      return {
        come: (who) => {
          left.begin(`${who}`, undefined, 0);
          left.end(`${who}`, [{ cursor, event: { id: 'a', cursor }, place: 1, isProof: true }], 0);
        },
        isKnown: (who) => left.begin(`${who}`, cursor, 0).length > 0,
      };
    },
  ],
  [
    'whose lines are counted',
    10_000,
    () => {
      const lines = new LineBudget(1, 1e9);
      const take = (who: number) => lines.take(`${who}`, 0);
      return { come: take, isKnown: (who) => take(who) === undefined };
    },
  ],
];

describe('users and addresses', () => {
  it.each(memories)(
    '%s are remembered up to a bound, and the oldest is forgotten first',
    (_who, most, memory) => {
      const { come, isKnown } = memory();
      for (let who = 1; who <= most; who += 1) come(who);
      expect(isKnown(2)).toBe(true);
      come(most + 1);
      come(most + 2);
      expect(isKnown(most + 2)).toBe(true);
      expect(isKnown(1)).toBe(false);
    },
  );
});
