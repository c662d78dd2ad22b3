import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BodyRoom, type BodyRoomOptions } from '../../services/ingest/http/body-room.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Claims are named, and told by what became of them. */
function world(options: Partial<BodyRoomOptions> = {}) {
  const room = new BodyRoom({
    maxBytes: 100,
    bytesPerSecond: 0,
    now: () => performance.now(),
    ...options,
  });
  const granted: string[] = [];
  const refused: string[] = [];
  return {
    granted,
    refused,
    claim: (name: string, bytes: number) => {
      const claim = room.claim(bytes);
      claim.granted.then(
        () => granted.push(name),
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'too_many_bodies', retryable: true });
          refused.push(name);
        },
      );
      return claim;
    },
  };
}

const passed = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe('bodies', () => {
  it('are read while there is room, and in their order as others are answered', async () => {
    const { claim, granted } = world();
    const [a] = [claim('a', 60), claim('b', 60), claim('c', 40)];
    await passed(0);
    expect(granted).toEqual(['a']);
    a.release();
    await passed(0);
    expect(granted).toEqual(['a', 'b', 'c']);
  });

  it('that are larger than all the room go alone', async () => {
    const { claim, granted } = world();
    const [a, b] = [claim('a', 50), claim('b', 500), claim('c', 1)];
    a.release();
    await passed(0);
    expect(granted).toEqual(['a', 'b']);
    b.release();
    await passed(0);
    expect(granted).toEqual(['a', 'b', 'c']);
  });

  it('come no faster than their bytes a second', async () => {
    const { claim, granted } = world({ bytesPerSecond: 100 });
    for (const name of 'abc') claim(name, 30);
    await passed(299);
    expect(granted).toEqual(['a']);
    await passed(1);
    expect(granted).toEqual(['a', 'b']);
    await passed(300);
    expect(granted).toEqual(['a', 'b', 'c']);
  });

  it('are refused after 2 s in which there was no room, and beyond a hundred that wait at once', async () => {
    const { claim, granted, refused } = world();
    claim('first', 100);
    await passed(1_000);
    for (let n = 1; n <= 101; n += 1) claim(`${n}`, 1);
    await passed(0);
    expect(refused).toEqual(['101']);
    await passed(1_999);
    expect(refused).toHaveLength(1);
    await passed(1);
    expect(refused).toHaveLength(101);
    expect(granted).toEqual(['first']);
  });

  it('whose sender has left give their place to the next, and are granted and refused no more', async () => {
    const { claim, granted, refused } = world();
    const [a, b] = [claim('a', 100), claim('b', 50), claim('c', 100)];
    b.release();
    a.release();
    a.release();
    await passed(10_000);
    expect(granted).toEqual(['a', 'c']);
    expect(refused).toEqual([]);
    claim('d', 1);
    await passed(0);
    expect(granted).toEqual(['a', 'c']);
  });
});
