import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fingerprintOf, type Contents } from '../../services/ingest/accept/contents.ts';
import { noForm, receiptForm, Remembered } from '../../services/ingest/accept/remembered.ts';
import { Cursor } from '../../shared/contract/cursor.ts';

const CURSOR = Cursor.parse('01a22681-06d0-70fb-8698-644f4f30f295');
const contents = fc.record<Contents>({
  name: fc.constant('appointment.updated'),
  data: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 80 }) as fc.Arbitrary<Contents['data']>,
  timestamp: fc.option(fc.string(), { nil: undefined }),
  rooms: fc.constantFrom<Contents['rooms']>('rule', 'everyone', ['admin', 'customer_6']),
});

describe('what is remembered of an id', () => {
  it('is its fingerprint, whatever bytes that has', () => {
    fc.assert(
      fc.property(contents, (one) => {
        const fingerprint = fingerprintOf(one);
        const remembered = new Remembered(
          { id: 'a', cursor: CURSOR, rooms: [] },
          fingerprint,
          receiptForm,
          true,
        );
        expect(remembered.fingerprint).toEqual(fingerprint);
      }),
    );
  });

  it.each([[[]], [['admin', 'provider_4', 'customer_6'] as const]])(
    'is its receipt, with the rooms %j',
    (rooms) => {
      const receipt = { id: 'booking 12\nv2', cursor: CURSOR, rooms };
      const remembered = new Remembered(receipt, undefined, receiptForm, true);
      expect(remembered.outcome(receipt.id)).toEqual(receipt);
      expect(remembered.fingerprint).toBeUndefined();
    },
  );

  it('is nothing but that it came, where there is nothing to answer', () => {
    const fingerprint = fingerprintOf({ name: 'save', data: { id: 1 }, timestamp: undefined, rooms: 'rule' });
    const remembered = new Remembered(undefined, fingerprint, noForm, false);
    expect(remembered).toMatchObject({ isPublished: false, fingerprint });
    expect(remembered.outcome('a')).toBeUndefined();
  });
});
