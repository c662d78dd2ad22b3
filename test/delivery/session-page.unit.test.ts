import { describe, expect, it } from '@jest/globals';
import type { SessionRow } from '../../shared/contract/control.ts';
import { pageOf } from '../../services/delivery/control/session-page.ts';

const session = (id: number, rooms: string[] = []) => ({
  session: { id },
  row: (): SessionRow => ({
    connection_id: id,
    instance: 'b',
    transport: 'websocket',
    role: 'provider',
    user_id: 4,
    rooms,
    since: '2026-11-28T09:00:00.000Z',
  }),
});
const ended = (id: number) => ({ session: { id }, row: () => undefined });
const sessions = [session(1), ended(2), session(3), session(5), session(8)];

function page(limit: number, after?: { instance: string; connection_id: number }, of = sessions) {
  const { sessions: rows, more } = pageOf(of, { instance: 'b', after, limit });
  return { ids: rows.map(({ connection_id }) => connection_id), more };
}

describe('a page of the sessions of one instance', () => {
  it('says whether there are more, and leaves out what has ended', () => {
    expect(page(2)).toEqual({ ids: [1, 3], more: true });
    expect(page(4)).toEqual({ ids: [1, 3, 5, 8], more: false });
  });

  it('begins behind the last that the operator has', () => {
    expect(page(2, { instance: 'b', connection_id: 3 })).toEqual({ ids: [5, 8], more: false });
    expect(page(2, { instance: 'b', connection_id: 8 })).toEqual({ ids: [], more: false });
  });

  it('is whole for an operator who is at an earlier instance, and empty for one at a later', () => {
    expect(page(4, { instance: 'a', connection_id: 7 }).ids).toEqual([1, 3, 5, 8]);
    expect(page(4, { instance: 'c', connection_id: 1 })).toEqual({ ids: [], more: false });
  });

  it('is bounded in bytes, however many rooms each is in', () => {
    const rooms = Array.from({ length: 50_000 }, (_, n) => `customer_${n}`);
    const large = [1, 2, 3].map((id) => session(id, rooms));
    expect(page(3, undefined, large)).toEqual({ ids: [1, 2], more: true });
  });
});
