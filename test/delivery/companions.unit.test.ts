import { describe, expect, it } from '@jest/globals';
import { Companions } from '../../services/delivery/stream/companions.ts';
import { companionIdOf } from '../../shared/contract/companion-id.ts';

const created = (id: string) => ({ id, type: 'appointment.created' });
const companion = (id: string) => ({ id: companionIdOf(id), type: 'calendar.sync' });

describe('of what an instance fans out', () => {
  it('the companion of an event that was here is a copy of it', () => {
    const companions = new Companions();
    const came = [created('a'), created('b'), companion('a'), companion('b')];
    expect(came.map((entry) => companions.isCopy(entry))).toEqual([false, false, true, true]);
  });

  it('a companion that came alone, as to an instance with staff of others only, is the event', () => {
    expect(new Companions().isCopy(companion('a'))).toBe(false);
  });

  it('a calendar.sync of its own is an event', () => {
    const companions = new Companions();
    companions.isCopy(created('a'));
    expect(companions.isCopy({ id: 'b', type: 'calendar.sync' })).toBe(false);
  });

  it('no more ids are kept than may lie between the two', () => {
    const companions = new Companions();
    for (let n = 0; n < 1_001; n += 1) companions.isCopy(created(String(n)));
    expect([companion('0'), companion('1')].map((entry) => companions.isCopy(entry))).toEqual([false, true]);
  });
});
