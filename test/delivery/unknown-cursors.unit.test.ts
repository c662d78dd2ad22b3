import { describe, expect, it } from '@jest/globals';
import { cursorAt, NOON } from './fakes.ts';
import { NOTHING, world, type ScanAnswer } from './resume-world.ts';

describe('a cursor that was looked for in vain', () => {
  it('is looked for once more where ten thousand others have been looked for in vain since', async () => {
    const { after, answer, scan } = world();
    const cursor = cursorAt(NOON);
    const vain: ScanAnswer = { ...NOTHING, mark: cursorAt(NOON) };
    scan.mockImplementation(() => Promise.resolve(vain));
    await after(cursor);
    for (let n = 1; n < 10_000; n += 1) await after(cursorAt(NOON));
    expect(await after(cursor)).toMatchObject({ recovered: false });
    expect(scan).toHaveBeenCalledTimes(30_000);
    await after(cursorAt(NOON));
    answer({ found: true });
    expect(await after(cursor)).toMatchObject({ recovered: true });
  });
});
