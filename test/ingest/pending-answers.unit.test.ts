import { describe, expect, it } from '@jest/globals';
import { PendingAnswers } from '../../services/ingest/control/pending-answers.ts';

function world(...names: string[]) {
  const pending = new PendingAnswers(() => names);
  let isComplete = false;
  void pending.complete.then(() => (isComplete = true));
  const complete = async () => {
    await new Promise(setImmediate);
    return isComplete;
  };
  return { pending, names, complete };
}

describe('a request to all instances', () => {
  it('waits for each that is here, in whatever order they answer', async () => {
    const { pending, complete } = world('one', 'two');
    pending.everybodyKnown();
    pending.answered('two', Buffer.from('2'));
    expect([await complete(), pending.missing]).toEqual([false, ['one']]);
    pending.answered('one', Buffer.from('1'));
    expect([await complete(), pending.missing]).toEqual([true, []]);
  });

  it('is not complete before it is known who is here', async () => {
    const { pending, names, complete } = world('one');
    pending.answered('one', Buffer.from('1'));
    names.push('two');
    expect(await complete()).toBe(false);
    pending.everybodyKnown();
    expect([await complete(), pending.missing]).toEqual([false, ['two']]);
    pending.answered('two', Buffer.from('2'));
    expect(await complete()).toBe(true);
  });

  it('takes the answer of an instance that was not known yet', async () => {
    const { pending, complete } = world();
    pending.answered('new', Buffer.from('1'));
    pending.everybodyKnown();
    expect([await complete(), [...pending.answers.keys()]]).toEqual([true, ['new']]);
  });
});
