import { describe, expect, it } from '@jest/globals';
import { RoomIndex } from '../../services/delivery/stream/room-index.ts';

describe('RoomIndex', () => {
  it('knows who is in a room and where a member is', () => {
    const index = new RoomIndex<string>();
    index.join('admin', 'anna', 1);
    index.join('calendar', 'anna', 2);
    index.join('calendar', 'ben', 3);
    expect(index.members('calendar')).toEqual(
      new Map([
        ['anna', 2],
        ['ben', 3],
      ]),
    );
    expect(index.roomsOf('anna')).toEqual(new Set(['admin', 'calendar']));
    expect([index.has('admin', 'anna'), index.has('admin', 'ben')]).toEqual([true, false]);
  });

  it('a member that joins again keeps the position of the first time', () => {
    const index = new RoomIndex<string>();
    expect([index.join('admin', 'anna', 1), index.join('admin', 'anna', 9)]).toEqual([true, false]);
    expect(index.members('admin')?.get('anna')).toBe(1);
  });

  it('a member that left and joined again has the new position', () => {
    const index = new RoomIndex<string>();
    index.join('admin', 'anna', 1);
    index.leave('admin', 'anna');
    index.join('admin', 'anna', 9);
    expect(index.members('admin')?.get('anna')).toBe(9);
  });

  it('forgets a room with its last member and a member with their last room', () => {
    const index = new RoomIndex<string>();
    index.join('admin', 'anna', 1);
    index.join('admin', 'ben', 1);
    index.leave('admin', 'anna');
    expect([index.roomCount, index.roomsOf('anna').size]).toEqual([1, 0]);
    index.leave('admin', 'ben');
    expect([index.roomCount, index.members('admin')]).toEqual([0, undefined]);
  });

  it('counts the rooms of each kind, and `everyone` as none', () => {
    const index = new RoomIndex<string>();
    for (const room of ['everyone', 'admin', 'provider_4', 'provider_5'] as const)
      index.join(room, 'anna', 1);
    expect(index.roomCount).toBe(3);
    expect([...index.countByKind()]).toEqual(
      expect.arrayContaining([
        ['admin', 1],
        ['calendar', 0],
        ['provider', 2],
        ['customer', 0],
      ]),
    );
    expect(index.countByKind().has('everyone')).toBe(false);
  });

  it('leaving a room that one is not in changes nothing', () => {
    const index = new RoomIndex<string>();
    index.join('admin', 'anna', 1);
    expect([
      index.leave('admin', 'ben'),
      index.leave('calendar', 'anna'),
      index.leave('admin', 'anna'),
    ]).toEqual([false, false, true]);
  });
});
