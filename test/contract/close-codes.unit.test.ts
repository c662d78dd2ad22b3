import { describe, expect, it } from '@jest/globals';
import { closeCodes, closeReason, type CloseName } from '../../shared/contract/close-codes.ts';

const names = Object.keys(closeCodes) as CloseName[];

describe('close codes', () => {
  it.each([
    ['goingAway', 1012],
    ['tooLarge', 1009],
    ['overloaded', 1013],
    ['unauthenticated', 3000],
    ['tokenExpired', 4001],
    ['tooSlow', 4002],
    ['tooManyFrames', 4008],
    ['replaced', 4009],
    ['noToken', 4003],
    ['malformedFrame', 1002],
    ['notUtf8', 1007],
  ] as const)('%s is %d', (name, code) => {
    expect(closeCodes[name].code).toBe(code);
  });

  it('no two reasons share a code', () => {
    expect(new Set(names.map((name) => closeCodes[name].code)).size).toBe(names.length);
  });

  it.each(names)('the reason of %s fits a close frame as it is', (name) => {
    const { reason } = closeCodes[name];
    expect(reason.length).toBeGreaterThan(0);
    expect(closeReason(reason)).toBe(reason);
  });

  it.each(names)('the range of %s says what its row says', (name) => {
    const { code, comeBack } = closeCodes[name];
    if (code >= 4000) expect([code < 4500, comeBack.startsWith('with')]).toEqual([true, true]);
    else expect(code >= 1000 && code <= 3999).toBe(true);
  });
});

describe('closeReason', () => {
  it.each([
    ['of exactly 123 bytes stays whole', 'x'.repeat(123), 123],
    ['of 124 bytes loses one', 'x'.repeat(124), 123],
    ['loses a two-byte character that would straddle the limit', `${'x'.repeat(122)}é`, 122],
    ['keeps a two-byte character that ends at the limit', `${'x'.repeat(121)}éx`, 123],
    ['loses a three-byte character that would straddle the limit', `${'x'.repeat(121)}€`, 121],
    ['loses a four-byte character that would straddle the limit', `${'x'.repeat(120)}😀`, 120],
    ['keeps a four-byte character that ends at the limit', `${'x'.repeat(119)}😀x`, 123],
    ['of many emoji is cut between two of them', '😀'.repeat(100), 120],
  ])('a reason %s', (_what, reason, bytes) => {
    const cut = closeReason(reason);
    expect(Buffer.byteLength(cut)).toBe(bytes);
    expect(reason.startsWith(cut)).toBe(true);
    expect(cut).not.toContain('\ufffd');
  });
});
