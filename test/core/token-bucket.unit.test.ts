import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from '../../shared/core/token-bucket.ts';

const passed = (bucket: TokenBucket, times: number, nowMs: number) =>
  Array.from({ length: times }, () => bucket.take(nowMs)).filter(Boolean).length;

describe('a token bucket', () => {
  it('is full at first, and lets no more pass at once', () => {
    expect(passed(new TokenBucket(10, 20), 30, 5_000)).toBe(20);
  });

  it('fills at its rate, evenly', () => {
    const bucket = new TokenBucket(10, 20);
    passed(bucket, 20, 0);
    expect([50, 100, 150, 200].map((nowMs) => bucket.take(nowMs))).toEqual([false, true, false, true]);
    expect(passed(bucket, 20, 1_200)).toBe(10);
  });

  it('tells how long the next one has to wait', () => {
    const bucket = new TokenBucket(10, 2);
    passed(bucket, 3, 0);
    expect(bucket.waitMs).toBe(100);
    bucket.take(60);
    expect(bucket.waitMs).toBe(40);
    expect(bucket.take(100)).toBe(true);
  });

  it('holds no more after a long rest', () => {
    const bucket = new TokenBucket(10, 20);
    passed(bucket, 20, 0);
    expect(passed(bucket, 30, 3_600_000)).toBe(20);
  });
});
