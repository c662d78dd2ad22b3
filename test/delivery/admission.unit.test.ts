import { describe, expect, it } from '@jest/globals';
import { Admission } from '../../services/delivery/session/admission.ts';

function world({
  maxSessions = 100,
  maxStrangers = 2,
  maxConnectsPerMinute = 600,
  maxSessionsPerAddress = 100,
} = {}) {
  const ended: string[] = [];
  const member = (name: string) => ({
    end: (close: string, why?: { code: string; message: string }) =>
      ended.push(why === undefined ? `${name} ${close}` : `${name} ${close} ${why.code}: ${why.message}`),
    cutOff: () => ended.push(`${name} cut off`),
  });
  const limits = {
    maxSessions,
    maxStrangers,
    maxSessionsPerUser: 2,
    maxSessionsPerAddress,
    maxConnectsPerMinute,
  };
  const admission = new Admission<ReturnType<typeof member>>(limits);
  const admit = (name: string, userKey: string, nowMs = 0, network?: string) => {
    const one = member(name);
    admission.arrived(one);
    return { one, refused: admission.admit(one, { userKey, network }, nowMs) };
  };
  return { ended, member, admission, admit };
}

describe('admission', () => {
  it('lets the oldest of those go that have no token, and nobody who has one', () => {
    const { ended, member, admission, admit } = world();
    admit('known', 'provider:4');
    for (const name of ['first', 'second', 'third']) admission.arrived(member(name));
    const why = 'overloaded OVERLOADED: Too many wait for a token. Send yours at once.';
    expect(ended).toEqual([`first ${why}`]);
    admission.arrived(member('fourth'));
    expect(ended.slice(1)).toEqual(['first cut off', `second ${why}`]);
  });

  it('counts those that are closing among those that are nobody: the oldest is cut off first', () => {
    const { ended, member, admission } = world();
    const [closing, waiting] = [member('closing'), member('waiting')];
    admission.arrived(waiting);
    admission.arrived(closing);
    admission.closing(closing);
    admission.arrived(member('third'));
    expect(ended).toEqual(['closing cut off']);
  });

  it('lets the oldest session of a user go, on whatever device, and of no other', () => {
    const { ended, admit } = world({ maxStrangers: 100 });
    for (const name of ['a', 'b', 'c', 'd']) admit(name, 'provider:4');
    admit('e', 'customer:4');
    expect(ended).toEqual(['a replaced', 'b replaced']);
  });

  it('takes nobody new with a good token when the instance is full, but for one of the same user', () => {
    const { ended, admit, admission } = world({ maxSessions: 2 });
    const { one } = admit('a', 'provider:4');
    admit('b', 'provider:4');
    expect(admit('c', 'customer:6').refused).toEqual({
      code: 'OVERLOADED',
      message: 'This instance is full. Try again later.',
    });
    expect(admit('d', 'provider:4').refused).toBeUndefined();
    expect(ended).toEqual(['a replaced']);
    admission.left(one);
    expect(admit('e', 'customer:6').refused).toMatchObject({ code: 'OVERLOADED' });
  });

  it('keeps room for a good token however many wait or are closing', () => {
    const { member, admission, admit } = world({ maxSessions: 1 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const one = member(name);
      admission.arrived(one);
      admission.closing(one);
    }
    expect(admit('f', 'customer:6').refused).toBeUndefined();
  });

  it('takes ten seconds’ worth of connects of a user at once, and then as many as come in time', () => {
    const { admit } = world({ maxConnectsPerMinute: 12 });
    for (const name of ['a', 'b']) expect(admit(name, 'provider:4').refused).toBeUndefined();
    expect(admit('c', 'provider:4', 1_000).refused).toEqual({
      code: 'RATE_LIMITED',
      message: 'Your devices connect more than 12 times a minute.',
      waitMs: 4_000,
    });
    expect(admit('d', 'customer:4', 1_000).refused).toBeUndefined();
    expect(admit('e', 'provider:4', 5_000).refused).toBeUndefined();
    expect(admit('f', 'provider:4', 5_001).refused).toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('takes one connect of a user at once, however few may come in ten seconds', () => {
    const { admit } = world({ maxConnectsPerMinute: 1 });
    expect(admit('a', 'provider:4').refused).toBeUndefined();
    expect(admit('b', 'provider:4').refused).toMatchObject({ code: 'RATE_LIMITED', waitMs: 60_000 });
  });

  it('counts those sessions of a user that stay when one leaves', () => {
    const { ended, admission, admit } = world();
    const { one } = admit('a', 'provider:4');
    admit('b', 'provider:4');
    admission.left(one);
    admit('c', 'provider:4');
    expect(ended).toEqual([]);
    admit('d', 'provider:4');
    expect(ended).toEqual(['b replaced']);
  });

  it('counts nobody who has left', () => {
    const { ended, member, admission } = world();
    for (const name of ['a', 'b', 'c', 'd']) {
      const one = member(name);
      admission.arrived(one);
      if (name > 'b') admission.admit(one, { userKey: 'provider:4', network: undefined }, 0);
      admission.left(one);
      admission.closing(one);
    }
    admission.admit(member('e'), { userKey: 'provider:4', network: undefined }, 0);
    admission.admit(member('f'), { userKey: 'provider:4', network: undefined }, 0);
    expect(ended).toEqual([]);
  });

  it('counts a session for the user that a change of role made of it', () => {
    const { ended, admission, admit } = world();
    const [{ one: first }] = [admit('a', 'provider:4'), admit('b', 'provider:4')];
    admission.becomes(first, 'admin:4');
    admit('c', 'provider:4');
    expect(ended).toEqual([]);
    for (const name of ['d', 'e']) admit(name, 'admin:4');
    expect(ended).toEqual(['a replaced']);
  });

  it('lets the oldest go of the user that a change of role makes one too many of, and never the session that changes', () => {
    const { ended, admission, admit } = world();
    const { one } = admit('a', 'provider:4');
    for (const name of ['b', 'c']) admit(name, 'admin:4');
    admission.becomes(one, 'admin:4');
    admission.becomes(one, 'admin:4');
    expect(ended).toEqual(['b replaced']);
  });

  it('counts nobody again by a change of role who is closing or has left', () => {
    const { admission, admit } = world({ maxSessions: 1 });
    for (const end of ['closing', 'left'] as const) {
      const { one } = admit(end, 'provider:4');
      admission[end](one);
      admission.becomes(one, 'admin:4');
    }
    expect(admit('a', 'customer:6').refused).toBeUndefined();
  });

  it('takes no more of an address that a trusted proxy names, and of any other address all', () => {
    const { admit, admission } = world({ maxSessionsPerAddress: 2 });
    const come = (user: number, network?: string) =>
      admit(`${user}`, `customer:${user}`, 0, network).refused?.code;
    const { one } = admit('first', 'customer:1', 0, 'a');
    expect([come(2, 'a'), come(3, 'a'), come(4, 'b')]).toEqual([undefined, 'OVERLOADED', undefined]);
    expect([5, 6, 7].map((user) => come(user))).toEqual([undefined, undefined, undefined]);
    admission.left(one);
    expect([come(8, 'a'), come(9, 'a')]).toEqual([undefined, 'OVERLOADED']);
    admission.left(admit('alone', 'customer:10', 0, 'c').one);
    expect([11, 12, 13].map((user) => come(user, 'c'))).toEqual([undefined, undefined, 'OVERLOADED']);
  });

  it('lets a user of a full address come back in the place of their oldest session there, and of no other', () => {
    const { ended, admit } = world({ maxSessionsPerAddress: 2 });
    for (const name of ['a', 'b']) admit(name, 'customer:6', 0, 'office');
    expect(admit('c', 'customer:6', 0, 'office').refused).toBeUndefined();
    for (const name of ['d', 'e']) admit(name, 'customer:7', 0, 'home');
    expect(admit('f', 'customer:7', 0, 'office').refused).toMatchObject({ code: 'OVERLOADED' });
    expect(ended).toEqual(['a replaced']);
  });
});
