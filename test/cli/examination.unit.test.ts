import { describe, expect, it } from '@jest/globals';
import {
  examine,
  finding,
  notMade,
  ok,
  unneeded,
  type Check,
  type Result,
} from '../../cli/core/examination.ts';
import { painter } from '../../cli/core/paint.ts';
import { shownResult, summary } from '../../cli/core/shown-result.ts';

type Checks = readonly Check<string>[];

async function resultsOf(checks: Checks, skipped: readonly string[] = []): Promise<Result[]> {
  const results: Result[] = [];
  for await (const result of examine(checks, 'target', skipped)) results.push(result);
  return results;
}

const kinds = async (checks: Checks, skipped?: readonly string[]) =>
  (await resultsOf(checks, skipped)).map(({ name, kind }) => `${name} ${kind}`);

const good = (name: string, ...needs: string[]) => ({ name, needs, run: () => ok('good') });
const bad = (name: string, ...needs: string[]) => ({ name, needs, run: () => finding('bad', 'mend it') });

describe('an examination', () => {
  it('hands the target to each check, in their order', async () => {
    const seen: string[] = [];
    const note = (name: string) => ({ name, run: (target: string) => (seen.push(name + target), ok('')) });
    await resultsOf([note('a'), note('b')]);
    expect(seen).toEqual(['atarget', 'btarget']);
  });

  it('does not make what needs a check that found something, nor what needs that', async () => {
    expect(await kinds([bad('a'), good('b', 'a'), good('c', 'b'), good('d')])).toEqual([
      'a found',
      'b not_made',
      'c not_made',
      'd ok',
    ]);
  });

  it('says which finding stands in the way', async () => {
    const results = await resultsOf([bad('a'), good('b', 'a'), bad('c'), good('d', 'b', 'c', 'a')]);
    expect(results.at(-1)).toMatchObject({ kind: 'not_made', why: 'because of a, c' });
  });

  it('makes what needs a check for which there was nothing to look at, or that was left out', async () => {
    const none = { name: 'a', run: () => unneeded('nothing here') };
    expect(await kinds([none, good('b', 'a')])).toEqual(['a unneeded', 'b ok']);
    expect(await kinds([bad('a'), good('b', 'a')], ['a'])).toEqual(['a unneeded', 'b ok']);
  });

  it('tells each check which earlier ones failed', async () => {
    const asks: Check<string> = { name: 'c', run: (_target, failed) => ok(`${failed('a')} ${failed('b')}`) };
    const results = await resultsOf([bad('a'), good('b'), asks]);
    expect(results.at(-1)).toMatchObject({ text: 'true false' });
  });

  it('goes on where a check throws, and says so as a finding', async () => {
    const broken = { name: 'a', run: () => Promise.reject(new Error('no such thing')) };
    const [first, second] = await resultsOf([broken, good('b')]);
    expect(first).toMatchObject({
      kind: 'found',
      findings: [{ problem: 'the check itself failed: no such thing' }],
    });
    expect(second).toMatchObject({ kind: 'ok' });
  });
});

describe('a result for people', () => {
  const paint = painter({ hasColours: false });

  it.each<[Result, RegExp]>([
    [{ name: 'a', ...ok('fine') }, /^✓ a +fine$/],
    [{ name: 'a', ...unneeded('nothing') }, /^- a +nothing$/],
    [{ name: 'a', ...notMade('because of b') }, /^\? a +not made: because of b$/],
    [{ name: 'a', ...finding('bad\u001b', 'mend it') }, /^✗ a +bad\\u001b\n +→ mend it$/],
  ])('%j is one line, and a finding has its cure below it', (result, shown) => {
    expect(shownResult(result, paint)).toMatch(shown);
  });

  it('counts at the end', () => {
    const one: Result = { name: 'a', ...finding('bad', 'mend it') };
    const not: Result = { name: 'b', ...notMade('') };
    expect(summary([{ name: 'a', ...ok('') }], paint)).toBe('Nothing is wrong.');
    expect(summary([one], paint)).toBe('1 finding.');
    expect(summary([one, one, not], paint)).toBe('2 findings; 1 check could not be made.');
  });
});
