import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeFingerprint,
  differences,
  encodeFingerprint,
  fingerprintOf,
  type Contents,
} from '../../services/ingest/accept/contents.ts';

const booking: Contents = {
  name: 'appointment.updated',
  data: { id: 12, provider_id: 4, start: '10:00', notes: 'x', tags: ['a', { b: 1, c: 2 }] },
  timestamp: '2026-12-03T10:00:00+01:00',
  rooms: ['admin', 'provider_4'],
};

function pathsOf(first: Contents, second: Contents): string[] {
  return differences(fingerprintOf(first), second).map(({ path }) => path);
}

const change = (changes: Partial<Contents>) => pathsOf(booking, { ...booking, ...changes });
const changeData = (data: object) => change({ data: { ...booking.data, ...data } });

describe('contents that were sent before under the same id', () => {
  it('are the same with their keys and rooms in another order, and numbers in another form', () => {
    const { data } = booking;
    const reversed = Object.fromEntries(Object.entries(data).reverse());
    expect(change({ data: reversed, rooms: ['provider_4', 'admin'] })).toStrictEqual([]);
    expect(changeData({ tags: ['a', { c: 2, b: 1 }] })).toEqual([]);
    const priced = (price: string): Contents => ({
      ...booking,
      data: JSON.parse(`{"price":${price}}`) as Contents['data'],
    });
    expect(pathsOf(priced('60.0'), priced('60'))).toEqual([]);
    expect(pathsOf(priced('6e1'), priced('60'))).toEqual([]);
    expect(pathsOf(priced('-0'), priced('0'))).toEqual([]);
  });

  it.each([
    ['another name', change({ name: 'appointment.cancelled' }), ['/event']],
    ['another timestamp', change({ timestamp: '2026-12-03T10:00:01+01:00' }), ['/timestamp']],
    ['no timestamp', change({ timestamp: undefined }), ['/timestamp']],
    ['other rooms', change({ rooms: ['admin'] }), ['/rooms']],
    ['the rooms of the rule', change({ rooms: 'rule' }), ['/rooms']],
    ['another start', changeData({ start: '11:00' }), ['/data/start']],
    ['another order of a list', changeData({ tags: [{ b: 1, c: 2 }, 'a'] }), ['/data/tags']],
    ['a number for its digits', changeData({ id: '12' }), ['/data/id']],
    ['one key more', changeData({ 'a/b': null }), ['/data/a~1b']],
    ['several', changeData({ start: '11:00', notes: 'y' }), ['/data/notes', '/data/start']],
    ['one key less', change({ data: { id: 12, provider_id: 4, start: '10:00', notes: 'x' } }), ['/data']],
  ])('differ by %s, which is named', (_what, paths, expected) => {
    expect(paths).toEqual(['/id', ...expected]);
  });

  it('are told apart in words: what differs, and what to do', () => {
    const { id, provider_id, tags } = booking.data;
    const second = {
      ...booking,
      name: 'appointment.created',
      data: { id, provider_id, tags, start: '11:00', end: '12:00' },
    };
    expect(differences(fingerprintOf(booking), second)).toEqual([
      {
        path: '/id',
        message:
          'this id was used for another event in the last 24 hours: give every event an id of its own, such as booking-12-v2 for the second change of booking 12',
      },
      { path: '/event', message: 'is not what it was the first time' },
      { path: '/data/end', message: 'was not there the first time' },
      { path: '/data/start', message: 'is not what it was the first time' },
      { path: '/data', message: 'lacks 1 of the keys of the first time' },
    ]);
  });

  it('that differ in very much name twenty places', () => {
    const filled = (value: number) => ({
      ...booking,
      data: Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`k${at}`, value])),
    });
    expect(pathsOf(filled(1), filled(2))).toHaveLength(21);
  });

  it('name a new key while both have fewer than 64, and only what is known to differ beyond', () => {
    const keys = (count: number, value = 0) => ({
      ...booking,
      data: Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`k${String(at).padStart(2, '0')}`, value]),
      ),
    });
    expect(pathsOf(keys(62), keys(63))).toEqual(['/id', '/data/k62']);
    expect(pathsOf(keys(63), keys(62))).toEqual(['/id', '/data']);
    expect(pathsOf(keys(63), keys(64))).toEqual(['/id', '/data']);
    expect(pathsOf(keys(64), keys(63))).toEqual(['/id', '/data']);
    expect(pathsOf(keys(64), keys(65))).toEqual(['/id', '/data']);
    const changed = { ...booking, data: { ...keys(64).data, k63: 1 } };
    expect(pathsOf(keys(64), changed)).toEqual(['/id', '/data/k63']);
  });

  it('have one form, which other instances and later versions read', () => {
    expect(encodeFingerprint(fingerprintOf({ ...booking, rooms: ['provider_4', 'admin'] }))).toEqual({
      contents: 'a9MZIG5ihP19JVLzqLdfV0',
      contents_parts: '1.GxOsiILzeAlOFKw2.xj7h0Got6x2YJamEH1nf07r/zcNjogwxp9VxMHgMrIkGgpnf7DEE6A==',
    });
    expect(encodeFingerprint(fingerprintOf({ ...booking, timestamp: undefined, rooms: 'rule' }))).toEqual({
      contents: 'gT0sSmo949KwdiZh2UnXXn',
      contents_parts: '1.GxOsiMWdHIHTQC78.xj7h0Got6x2YJamEH1nf07r/zcNjogwxp9VxMHgMrIkGgpnf7DEE6A==',
    });
  });

  it('differ by a key among very many, also where it has no digest of its own', () => {
    const many = (last: string): Contents => ({
      ...booking,
      data: Object.fromEntries(
        Array.from({ length: 500 }, (_, at) => [`k${String(at).padStart(3, '0')}`, at === 499 ? last : at]),
      ),
    });
    expect(pathsOf(many('a'), many('b'))).toEqual(['/id', '/data']);
    expect(pathsOf(many('a'), many('a'))).toEqual([]);
  });

  it('differ exactly where their values do, whatever they are', () => {
    const data = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), {
      maxKeys: 8,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(data, data, (one, other) => {
        const shuffled = Object.fromEntries(Object.entries(one).reverse());
        expect(change({ data: one }).length > 0).toBe(!equal(booking.data, one));
        expect(pathsOf({ ...booking, data: one }, { ...booking, data: shuffled })).toEqual([]);
        expect(pathsOf({ ...booking, data: one }, { ...booking, data: other }).length > 0).toBe(
          !equal(one, other),
        );
      }),
    );
  });

  it('are the same after a way through the headers of a message, and not compared in an unknown form', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const fingerprint = fingerprintOf({ ...booking, data });
        const headers = encodeFingerprint(fingerprint);
        expect(Object.values(headers).join('')).toMatch(/^[\x21-\x7e]*$/);
        expect(decodeFingerprint(headers)).toEqual(fingerprint);
      }),
    );
    const headers = encodeFingerprint(fingerprintOf(booking));
    const another = headers.contents_parts.replace(/^1/, '2');
    expect(decodeFingerprint({ ...headers, contents_parts: another })).toBeUndefined();
    expect(decodeFingerprint({ ...headers, contents_parts: '1.eA==' })).toBeUndefined();
    expect(decodeFingerprint({ ...headers, contents_parts: '1.no base64!.y' })).toBeUndefined();
  });

  it('are remembered in a few hundred bytes, however large they are', () => {
    const large = {
      ...booking,
      data: Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [at, 'x'.repeat(100)])),
    };
    const { whole, parts, keys } = fingerprintOf(large);
    expect(whole.length + parts.length + keys.length).toBeLessThan(600);
  });
});

/** By their JSON, as clients read them, without regard to the order of keys. */
function equal(one: object, other: object): boolean {
  const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));
  try {
    expect(plain(one)).toEqual(plain(other));
    return true;
  } catch {
    return false;
  }
}
