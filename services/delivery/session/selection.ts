import type { Selection } from '../../../shared/contract/control.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import type { Session } from './session.ts';

/** Whether an operator means this session of an instance. */
export function isMeant(
  one: { readonly session: Pick<Session, 'id' | 'principal' | 'closed'>; readonly rooms: readonly Room[] },
  { room, user, connection }: Selection,
  instance: string,
): boolean {
  const { principal, id, closed } = one.session;
  if (principal === undefined || closed) return false;
  if (user !== undefined && !(user.role === principal.role && user.user_id === principal.userId))
    return false;
  const isOther = connection?.instance !== instance || connection.connection_id !== id;
  if (connection !== undefined && isOther) return false;
  return room === undefined || one.rooms.includes(room);
}
