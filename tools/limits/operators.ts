import type { ConstantBound } from './constants.ts';

/** Of what people with a key of ADMIN_API_KEYS may make both services do. */
export const operatorBounds: readonly ConstantBound[] = [
  {
    what: 'Calls of operators at a time',
    name: 'MAX_CALLS',
    file: 'services/ingest/admin/route.ts',
    beyond: '429 `too_many_requests` with `Retry-After`',
    test: 'ingest/operator-bounds.int.test.ts',
    says: 'are eight at a time',
  },
  {
    what: 'Requests of operators that one instance of delivery works on',
    name: 'MAX_UNDER_WAY',
    file: 'services/delivery/control/control.ts',
    beyond: 'it is passed over, and the answer names the instance in `missing`',
    test: 'delivery/control.unit.test.ts',
    says: 'are 32 at a time',
  },
  {
    what: 'Events of one replay by an operator',
    name: 'MAX_EVENTS',
    file: 'services/ingest/admin/replay.ts',
    beyond: '422 `invalid_request`: ask for a shorter time',
    test: 'ingest/operator-bounds.int.test.ts',
    says: 'is of 1,000 events at most',
  },
  {
    what: 'Events times sessions of one replay by an operator',
    name: 'MAX_FRAMES',
    file: 'services/ingest/admin/replay.ts',
    beyond: '422 `invalid_request`: ask for a shorter time',
    test: 'ingest/operator-bounds.int.test.ts',
    says: 'is of a million frames at most',
  },
  {
    what: 'Messages of `appointments.rejected` that an operator is shown',
    name: 'MAX_LOOKED_AT',
    file: 'services/ingest/admin/rejected.ts',
    beyond: 'the rest wait behind: publish or drop some first',
    test: 'ingest/rejected-admin.int.test.ts',
    says: 'as far as 1,000 of them, or 32 MiB',
  },
  {
    what: 'Bytes of their bodies',
    name: 'MAX_LOOKED_AT_BYTES',
    file: 'services/ingest/admin/rejected.ts',
    beyond: 'the same',
    test: 'ingest/rejected-admin.int.test.ts',
    says: 'as far as 1,000 of them, or 32 MiB',
  },
  {
    what: 'Stale webhooks of one appointment that a trace names',
    name: 'MAX_PASSED_OVER',
    file: 'services/ingest/admin/trace.ts',
    beyond: 'the later ones are left out',
    test: 'ingest/trace.unit.test.ts',
    says: 'twenty stale webhooks',
  },
  {
    what: 'Sessions of one answer of a delivery instance about people',
    name: 'MAX_SESSIONS',
    file: 'services/delivery/control/people.ts',
    beyond: 'a trace may say of somebody that they have no session',
    test: 'delivery/people.unit.test.ts',
    says: 'a thousand sessions',
  },
];
