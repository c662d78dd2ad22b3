import type { ConnectionKey, ControlAnswers, SessionRow } from '../../../shared/contract/control.ts';

/** Of one answer, so that no page of sessions in hundreds of rooms each is larger than a queue should hold. */
const MAX_PAGE_BYTES = 1024 ** 2;

interface Listed {
  readonly session: { readonly id: number };
  row(): SessionRow | undefined;
}

/** The part of the sessions of one instance, sorted by number, that lies behind `after` in the order of all instances. */
export function pageOf(
  sessions: readonly Listed[],
  { instance, after, limit }: { instance: string; after: ConnectionKey | undefined; limit: number },
): ControlAnswers['sessions'] {
  const page: SessionRow[] = [];
  if (after !== undefined && instance < after.instance) return { sessions: page, more: false };
  const behind = after?.instance === instance ? after.connection_id : 0;
  let bytes = 0;
  for (const one of sessions) {
    if (one.session.id <= behind) continue;
    if (page.length === limit || bytes >= MAX_PAGE_BYTES) return { sessions: page, more: true };
    const row = one.row();
    if (row === undefined) continue;
    page.push(row);
    bytes += JSON.stringify(row).length;
  }
  return { sessions: page, more: false };
}
