import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExpiringMap } from '../../shared/core/expiring-map.ts';
import { ExpiringTexts } from '../../shared/core/expiring-texts.ts';
import { bufferBytes } from '../support/collected.ts';

const key = fc.oneof(
  fc.integer({ min: 0, max: 60 }).map((n) => `booking-${n}`),
  fc.constantFrom('', 'ü', '💈', '\ud800', 'x'.repeat(3_000), 'x'.repeat(100_000), '€'.repeat(100_000)),
);
/** Large ones fill chunks, the largest is more than a chunk. */
const text = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 20 }),
  fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code).repeat(30)),
  fc.constantFrom(60_000, 300_000).map((length) => 'é'.repeat(length)),
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), key, text }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 10, 400) }) },
);

describe('ExpiringTexts', () => {
  it('returns what an ExpiringMap would, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 300 }), (most, steps) => {
        const texts = new ExpiringTexts(most, 1_000);
        const model = new ExpiringMap<string, string>(most, 1_000);
        let nowMs = 0;
        for (const one of steps) {
          if (one.do === 'wait') nowMs += one.ms;
          else if (one.do === 'delete') for (const each of [texts, model]) each.delete(one.key);
          else if (one.do === 'set') for (const each of [texts, model]) each.set(one.key, one.text, nowMs);
          else expect(texts.get(one.key, nowMs)).toBe(model.get(one.key, nowMs));
          expect(texts.size).toBe(model.size);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('forgets by the age of each, also where an older one came behind it', () => {
    const texts = new ExpiringTexts(10, 1_000);
    texts.set('young', 'a', 900);
    texts.set('old', 'b', 0);
    expect([texts.get('young', 1_000), texts.get('old', 999), texts.get('old', 1_000)]).toEqual([
      'a',
      'b',
      undefined,
    ]);
  });

  it('finds each of many, and none of those that it has forgotten', () => {
    const texts = new ExpiringTexts(20_000, 1_000);
    for (let n = 0; n < 50_000; n += 1) texts.set(`booking-${n}-v1`, `text ${n}`, 0);
    expect(texts.size).toBe(20_000);
    const found = Array.from({ length: 50_000 }, (_, n) => texts.get(`booking-${n}-v1`, 0));
    expect(found).toEqual(Array.from({ length: 50_000 }, (_, n) => (n < 30_000 ? undefined : `text ${n}`)));
    expect(texts.get('booking-49999-v1', 1_000)).toBeUndefined();
    expect(texts.size).toBe(0);
  });

  it('takes no more memory however many come and go, or are set again', () => {
    const texts = new ExpiringTexts(1_000, Infinity);
    const text = 'x'.repeat(1_000);
    texts.set('the oldest', text, 0);
    const before = bufferBytes();
    for (let n = 0; n < 100_000; n += 1) texts.set(`booking-${n % 900}`, text, 0);
    expect(texts.get('the oldest', 0)).toBe(text);
    // As much as is gone may lie between what is there, and a chunk at either end.
    expect(bufferBytes() - before).toBeLessThan(3_000_000);
    for (let n = 0; n < 100_000; n += 1) texts.set(`booking-${n}`, text, 0);
    expect(texts.size).toBe(1_000);
    expect(bufferBytes() - before).toBeLessThan(3_000_000);
  });
});
