import { describe, expect, it, jest } from '@jest/globals';
import { Liveness } from '../../services/delivery/stream/liveness.ts';
import { untilRead } from '../../services/delivery/stream/until-read.ts';

const AWAY_MS = 120_000;
const broken = () => Promise.reject(new Error('it broke off'));

function world() {
  const liveness = new Liveness(1_000);
  liveness.markArrived();
  const reader = { closed: false };
  const read = jest.fn<() => Promise<string>>();
  let nowMs = 0;
  let sleptMs = 0;
  const sleep = (ms: number) => {
    nowMs += ms;
    sleptMs += ms;
    return Promise.resolve();
  };
  return {
    read,
    reader,
    result: () => untilRead({ liveness, sleep, now: () => nowMs }, reader, read),
    sleptMs: () => sleptMs,
    /** The broker goes, and comes back two minutes later. */
    outage: () => {
      liveness.lost();
      setImmediate(() => {
        nowMs += AWAY_MS;
        liveness.markArrived();
      });
    },
  };
}

describe('reading the history until it can be read', () => {
  it('gives up after a minute in which the broker was there', async () => {
    const { read, result, sleptMs } = world();
    read.mockImplementation(broken);
    expect(await result()).toBeUndefined();
    expect(sleptMs()).toBeGreaterThanOrEqual(60_000);
  });

  it('does not count an outage that began before', async () => {
    const { read, result, outage } = world();
    outage();
    read.mockImplementationOnce(broken).mockResolvedValue('all');
    expect(await result()).toBe('all');
  });

  it('does not count outages that break off what is read, however many', async () => {
    const { read, result, outage } = world();
    for (let breaks = 0; breaks < 10; breaks += 1) {
      read.mockImplementationOnce(() => {
        outage();
        return broken();
      });
    }
    read.mockResolvedValue('all');
    expect(await result()).toBe('all');
  });

  it('gives up a minute after an outage, where it cannot be read then', async () => {
    const { read, result, outage, sleptMs } = world();
    outage();
    read.mockImplementation(broken);
    expect(await result()).toBeUndefined();
    expect(sleptMs()).toBeGreaterThanOrEqual(60_000);
  });

  it('reads nothing more for somebody who has gone while it was read', async () => {
    const { read, reader, result } = world();
    read.mockImplementationOnce(() => {
      reader.closed = true;
      return broken();
    });
    expect(await result()).toBeUndefined();
    expect(read).toHaveBeenCalledTimes(1);
  });
});
