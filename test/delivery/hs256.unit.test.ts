import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { Hs256Keys } from '../../services/delivery/auth/hs256.ts';
import { claims, OLD_SECRET, SECRET, sign } from './made-tokens.ts';

describe('the secrets of this installation', () => {
  it('verify each, and the first signs, nothing but what it is given', () => {
    const keys = new Hs256Keys([SECRET, OLD_SECRET]);
    const signed = keys.sign({ sub: '4' });
    expect(jwt.decode(signed, { complete: true })).toMatchObject({
      header: { alg: 'HS256', typ: 'JWT' },
      payload: { sub: '4' },
    });
    expect(jwt.decode(signed)).toEqual({ sub: '4' });
    expect(new Hs256Keys([SECRET]).read(signed)).toBeDefined();
    expect(new Hs256Keys([OLD_SECRET]).read(signed)).toBeUndefined();
    expect(keys.read(sign(claims(), OLD_SECRET))).toBeDefined();
  });

  it('are others once they are replaced', () => {
    const keys = new Hs256Keys([OLD_SECRET]);
    keys.replace([SECRET]);
    expect([keys.read(sign(claims())), keys.read(sign(claims(), OLD_SECRET))]).toEqual([
      expect.objectContaining({ payload: expect.anything() }),
      undefined,
    ]);
  });

  it('sign nothing where there is none', () => {
    expect(() => new Hs256Keys([]).sign({})).toThrow('There is no secret to sign with.');
    expect(new Hs256Keys([]).read(sign(claims()))).toBeUndefined();
  });
});
