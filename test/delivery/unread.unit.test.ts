import { describe, expect, it } from '@jest/globals';
import { ConfirmingWorld, LAZY_MS, own, SECOND, sync } from './confirming-world.ts';
import { NOON } from './fakes.ts';

describe('what an operator sends once more', () => {
  it('is delivered by the answer to a question behind it, and takes no cursor back', () => {
    const world = ConfirmingWorld.live();
    const [old, newer] = [own('old'), own('newer')];
    world.write(old, newer);
    world.confirmations.ask(NOON + SECOND);
    world.confirmations.read(newer.cursor);
    world.told();
    world.confirmations.writtenAgain(old);
    expect(world.told()).toEqual(['written old']);
    expect(world.confirmations.ask(NOON + 2 * SECOND)).toBe(newer.cursor);
    expect(world.confirmations.read(newer.cursor)).toBe(true);
    expect(world.told()).toEqual(['delivered old']);
    expect(world.confirmations.confirmed).toBe(newer.cursor);
  });

  it('is not read, nor what came before it, by whoever gives the old cursor back that it has had long', () => {
    const world = ConfirmingWorld.live();
    const [old, unread] = [own('old'), own('unread')];
    world.write(old);
    world.confirmations.read(old.cursor);
    world.write(unread);
    world.confirmations.writtenAgain(old);
    world.told();
    for (const give of ['read', 'seen'] as const) world.confirmations[give](old.cursor);
    expect(world.told()).toEqual(['seen old']);
    const isUnread = world.confirmations.unreadSinceMs(NOON + SECOND, () => NOON + 1);
    expect(isUnread).toBe(NOON + 1);
    expect(world.confirmations.unread.map(({ isProof }) => isProof)).toEqual([true, false]);
  });

  it('is not delivered by a late answer to a question from before it', () => {
    const world = ConfirmingWorld.live();
    const first = own('first');
    world.write(first);
    world.confirmations.ask(NOON + SECOND);
    world.confirmations.writtenAgain(own('again'));
    expect(world.confirmations.ask(NOON + 2 * LAZY_MS)).toBeUndefined();
    world.told();
    world.confirmations.read(first.cursor);
    expect(world.told()).toEqual(['delivered first']);
    expect(world.confirmations.ask(NOON + 3 * LAZY_MS)).toBe(first.cursor);
  });

  it('is asked for with its own cursor where its client was written nothing else', () => {
    const world = ConfirmingWorld.live();
    const old = own('old');
    world.confirmations.writtenAgain(old);
    expect(world.confirmations.read(old.cursor)).toBe(false);
    expect(world.confirmations.ask(NOON + SECOND)).toBe(old.cursor);
    expect(world.confirmations.read(old.cursor)).toBe(true);
    expect(world.told()).toEqual(['written old', 'delivered old']);
  });
});

describe('from when on something may be unread', () => {
  const arrived = () => NOON + 60 * SECOND;
  const END = NOON + 90 * SECOND;

  it('is from the end where all that was written was confirmed, or nothing was written', () => {
    const { confirmations } = ConfirmingWorld.live();
    expect(confirmations.unreadSinceMs(END, arrived)).toBe(END);
    const entry = sync();
    confirmations.written(entry);
    confirmations.ask(NOON + LAZY_MS);
    confirmations.read(entry.cursor);
    expect(confirmations.unreadSinceMs(END, arrived)).toBe(END);
  });

  it('is from the arrival of the first that is unread, or where that is forgotten from the last answer', () => {
    const { confirmations } = ConfirmingWorld.live();
    const entry = own();
    confirmations.written(entry);
    confirmations.ask(NOON + 2 * SECOND);
    const unread = own();
    confirmations.written(unread);
    confirmations.read(entry.cursor);
    const asked: unknown[] = [];
    const since = confirmations.unreadSinceMs(END, (cursor) => {
      asked.push(cursor);
      return arrived();
    });
    expect([since, asked]).toEqual([arrived(), [unread.cursor]]);
    expect(confirmations.unreadSinceMs(END, () => undefined)).toBe(NOON + 2 * SECOND);
  });

  it('is from where it came until all is confirmed that it had missed', () => {
    const { confirmations } = new ConfirmingWorld();
    const [missed, live] = [own(), own()];
    confirmations.written(missed);
    confirmations.ask(NOON + 2 * SECOND);
    confirmations.read(missed.cursor);
    confirmations.goLive(NOON + 3 * SECOND);
    confirmations.written(live);
    expect(confirmations.unreadSinceMs(END, arrived)).toBe(NOON);
    confirmations.ask(NOON + 4 * SECOND);
    confirmations.read(live.cursor);
    expect(confirmations.unreadSinceMs(END, arrived)).toBe(END);
  });
});
