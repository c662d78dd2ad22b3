import { describe, expect, it } from '@jest/globals';
import { anyAddress } from '../../shared/service/any-address.ts';

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

describe('the address to listen on', () => {
  it('is :: where there is IPv6, which takes IPv4 too', async () => {
    expect(await anyAddress(() => Promise.resolve())).toBe('::');
  });

  it.each(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])('is 0.0.0.0 where IPv6 is off: %s', async (code) => {
    expect(await anyAddress(failing(code))).toBe('0.0.0.0');
  });

  it('is none when something else is wrong', async () => {
    await expect(anyAddress(failing('EMFILE'))).rejects.toThrow('EMFILE');
  });
});
