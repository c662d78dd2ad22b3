import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fingerprintOf, type Contents } from '../../services/ingest/accept/contents.ts';
import { noForm, receiptForm, RememberedIds } from '../../services/ingest/accept/remembered.ts';
import { Cursor } from '../../shared/contract/cursor.ts';

const CURSOR = Cursor.parse('01a22681-06d0-70fb-8698-644f4f30f295');
const contents = fc.record<Contents>({
  name: fc.constant('appointment.updated'),
  data: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 80 }) as fc.Arbitrary<Contents['data']>,
  timestamp: fc.option(fc.string(), { nil: undefined }),
  rooms: fc.constantFrom<Contents['rooms']>('rule', 'everyone', ['admin', 'customer_6']),
});

const DAY_MS = 24 * 60 * 60 * 1000;
const remembering = () => new RememberedIds(10, DAY_MS, receiptForm);

describe('what is remembered of an id', () => {
  it('is its fingerprint, whatever bytes that has', () => {
    const ids = remembering();
    fc.assert(
      fc.property(contents, fc.boolean(), (one, isPublished) => {
        const remembered = {
          outcome: { id: 'a', cursor: CURSOR, rooms: [] },
          fingerprint: fingerprintOf(one),
          isPublished,
        };
        ids.set('a', remembered, 0);
        expect(ids.get('a', 0)).toEqual(remembered);
      }),
    );
  });

  it.each([[[]], [['admin', 'provider_4', 'customer_6'] as const]])(
    'is its receipt, with the rooms %j',
    (rooms) => {
      const ids = remembering();
      const outcome = { id: 'booking 12\nv2 für 💈', cursor: CURSOR, rooms };
      const remembered = { outcome, fingerprint: undefined, isPublished: true };
      ids.set(outcome.id, remembered, 0);
      expect(ids.get(outcome.id, DAY_MS - 1)).toEqual(remembered);
      expect(ids.get(outcome.id, DAY_MS)).toBeUndefined();
      expect(ids.size).toBe(0);
    },
  );

  it('is nothing but that it came, where there is nothing to answer', () => {
    const ids = new RememberedIds(10, DAY_MS, noForm);
    const fingerprint = fingerprintOf({ name: 'save', data: { id: 1 }, timestamp: undefined, rooms: 'rule' });
    ids.set('a', { outcome: undefined, fingerprint, isPublished: false }, 0);
    expect(ids.get('a', 0)).toEqual({ outcome: undefined, fingerprint, isPublished: false });
  });
});
