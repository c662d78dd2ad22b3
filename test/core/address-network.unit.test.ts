import { isIPv6 } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { networkOf } from '../../shared/core/address-network.ts';

const group = fc.integer({ min: 0, max: 0xffff });
const groups = (count: number) => fc.array(group, { minLength: count, maxLength: count });
const written = (all: readonly number[]) => all.map((one) => one.toString(16)).join(':');
/** As URLs and most systems write it: the longest run of zeros left out. */
const shortened = (all: readonly number[]) =>
  new URL(`http://[${written(all)}]`).hostname.replace(/^\[|\]$/g, '');

describe('what limits count an address by', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:db8:1::203.0.113.7', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%j is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('is one network for all addresses of an IPv6 /64, however they are written', () => {
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), (network, host, other) => {
        fc.pre(network.some((one) => one !== 0));
        const addresses = [written([...network, ...host]), shortened([...network, ...other])];
        expect(addresses.every(isIPv6)).toBe(true);
        expect(new Set(addresses.map(networkOf)).size).toBe(1);
      }),
    );
  });

  it('is another network for each other one', () => {
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), (network, other, host) => {
        fc.pre(written(network) !== written(other));
        const [one, two] = [network, other].map((first) => networkOf(shortened([...first, ...host])));
        expect(one).not.toBe(two);
      }),
    );
  });

  it('is each IPv4 address by itself', () => {
    fc.assert(fc.property(fc.ipV4(), (address) => expect(networkOf(address)).toBe(address)));
  });
});
