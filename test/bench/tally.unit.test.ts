import { describe, expect, it } from '@jest/globals';
import { MARK_BYTES, newEvent, nowUs, STAMP_DIGITS } from '../../bench/load/load-event.ts';
import { Tally } from '../../bench/load/tally.ts';

const frameOf = (text: string) => Buffer.from(`{"notes":"${text}"}`);

describe('a tally', () => {
  it('counts the marks in what arrives, however it is cut', () => {
    const tally = new Tally();
    const bytes = Buffer.concat([1, 2, 3].map(() => frameOf(newEvent('customer_1').text)));
    const cut = bytes.length >> 1;
    tally.add(bytes.subarray(0, cut));
    tally.add(bytes.subarray(cut));
    expect(tally.counts()).toEqual({ frames: 3, bytes: bytes.length, lost: 0 });
  });

  it('reads when each was sent, and gives each latency once', () => {
    const tally = new Tally();
    const startedUs = nowUs();
    tally.add(frameOf(newEvent('customer_1').text));
    const [latency = Number.NaN, ...others] = tally.takeLatenciesUs();
    expect(latency).toBeGreaterThanOrEqual(0);
    expect(latency).toBeLessThanOrEqual(nowUs() - startedUs);
    expect(others).toEqual([]);
    expect(tally.takeLatenciesUs()).toEqual([]);
  });

  it('counts a frame whose stamp is cut in two, without a latency', () => {
    const tally = new Tally();
    const bytes = Buffer.from(newEvent('customer_1').text);
    tally.add(bytes.subarray(0, MARK_BYTES + STAMP_DIGITS - 1));
    expect(tally.counts().frames).toBe(1);
    expect(tally.takeLatenciesUs()).toEqual([]);
  });

  it('counts by another byte without looking for stamps', () => {
    const tally = new Tally(0x7e, false);
    tally.add(Buffer.from([0x81, 0x7e, 1, 2, 0x81, 0x7e, 3, 4]));
    expect(tally.counts().frames).toBe(2);
    expect(tally.takeLatenciesUs()).toEqual([]);
  });
});
