import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { amount, numberIn } from '../../tools/limits/amount.ts';
import { LIMITS_PAGE, limitsPage, missingFromLimits } from '../../tools/limits/page.ts';

describe('docs/limits.md', () => {
  it('has every bound, each with a test that is there and names it', () => {
    expect(missingFromLimits('.')).toEqual([]);
  });

  it('is as `npm run docs:limits` writes it', () => {
    expect(readFileSync(LIMITS_PAGE, 'utf8')).toBe(limitsPage('.'));
  });
});

describe('a value on it', () => {
  it.each([
    ['MAX_FRAME_BYTES', 65_536, '64 KiB'],
    ['LEDGER_MAX_BYTES', 200_000_000, '200,000,000 bytes'],
    ['REPLAY_IDLE_MS', 30_000, '30 s'],
    ['INGEST_CONFIRM_TIMEOUT_MS', 1_500, '1,500 ms'],
    ['KEEP_MS', 86_400_000, '1 d'],
    ['MAX_SESSIONS', 15_000, '15,000'],
    ['REPEATS_READ_TIMEOUT_MS', 0, '0 ms'],
  ])('%s = %d is %s', (name, value, text) => {
    expect(amount(name, value)).toBe(text);
  });

  it.each([
    ['/** Of one. */\nexport const MAX = 1_000;', 1_000],
    ['const SECOND = 1_000;\nconst MINUTE = 60 * SECOND;\nconst MAX = 2 * MINUTE;', 120_000],
    ['const options = {\n  MAX: 5_000,\n};', 5_000],
    ['const OTHER_MAX = 1;\nconst MAX = 2;', 2],
    ['const MAX = readLimit();', undefined],
    ['const OTHER_MAX = 1;', undefined],
  ])('is read from %j', (source, value) => {
    expect(numberIn(source, 'MAX')).toBe(value);
  });
});
