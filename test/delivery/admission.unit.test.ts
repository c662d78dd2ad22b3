import { describe, expect, it } from '@jest/globals';
import { Admission } from '../../services/delivery/session/admission.ts';

function world() {
  const ended: string[] = [];
  const member = (name: string) => ({
    end: (close: string, why?: { code: string }) =>
      ended.push([name, close, why?.code ?? ''].join(' ').trim()),
  });
  const admission = new Admission<ReturnType<typeof member>>({ maxStrangers: 2, maxSessionsPerUser: 2 });
  return { ended, member, admission };
}

describe('admission', () => {
  it('lets the oldest of those go that have no token, and nobody who has one', () => {
    const { ended, member, admission } = world();
    const known = member('known');
    admission.arrived(known);
    admission.admit(known, 'provider:4');
    for (const name of ['first', 'second', 'third', 'fourth']) admission.arrived(member(name));
    expect(ended).toEqual(['first overloaded OVERLOADED', 'second overloaded OVERLOADED']);
  });

  it('lets the oldest session of a user go, on whatever device, and of no other', () => {
    const { ended, member, admission } = world();
    for (const name of ['a', 'b', 'c', 'd']) admission.admit(member(name), 'provider:4');
    admission.admit(member('e'), 'customer:4');
    expect(ended).toEqual(['a replaced', 'b replaced']);
  });

  it('counts nobody who has left', () => {
    const { ended, member, admission } = world();
    for (const name of ['a', 'b', 'c', 'd']) {
      const one = member(name);
      admission.arrived(one);
      if (name > 'b') admission.admit(one, 'provider:4');
      admission.left(one);
    }
    admission.admit(member('e'), 'provider:4');
    admission.admit(member('f'), 'provider:4');
    expect(ended).toEqual([]);
  });
});
