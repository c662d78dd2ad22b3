import { describe, expect, it } from '@jest/globals';
import { NetworkSet, parseNetwork, privateNetworks } from '../../shared/config/networks.ts';

const networks = (...texts: string[]) =>
  new NetworkSet(texts.map((text) => parseNetwork(text) ?? raise(text)));

function raise(text: string): never {
  throw new Error(`${text} is no network`);
}

describe('a network', () => {
  const some = networks('172.16.0.0/12', 'fd00::/8', '10.1.2.3', '2001:db8::5');

  it.each([
    ['172.16.0.0', true],
    ['172.31.255.255', true],
    ['172.32.0.0', false],
    ['172.15.255.255', false],
    ['::ffff:172.18.0.5', true],
    ['::ffff:ac12:5', true],
    ['::ffff:10.0.0.1', false],
    ['10.1.2.3', true],
    ['10.1.2.4', false],
    ['fd12:3456::1', true],
    ['fe80::1%eth0', false],
    ['2001:db8::5', true],
    ['2001:db8::6', false],
    ['127.0.0.1', false],
    ['', false],
    ['172.18.0.5, 127.0.0.1', false],
    ['localhost', false],
  ])('has %s: %p', (address, expected) => {
    expect(some.has(address)).toBe(expected);
  });

  it('has a link-local address whatever interface it came by', () => {
    expect(networks('fe80::/10').has('fe80::1%eth0')).toBe(true);
  });

  it('written in the IPv6 notation of IPv4 has the same machines', () => {
    expect(networks('::ffff:172.16.0.0/108').has('172.18.0.5')).toBe(true);
  });

  it('that is none has nobody', () => {
    expect(networks().has('127.0.0.1')).toBe(false);
  });

  it.each([
    '172.16.0.0/33',
    'fd00::/129',
    '172.16.0/12',
    '172.16.0.0/',
    '172.16.0.0/a',
    '172.16.0.0-172.31.0.0',
    'example.org',
    '*',
    '0.0.0.0/0',
    '::/0',
  ])('is not %s', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });
});

describe('the private networks', () => {
  const set = new NetworkSet(privateNetworks);

  it.each(['10.1.2.3', '172.18.0.1', '192.168.255.255', '127.0.0.1', '::ffff:127.0.0.1', '::1', 'fd12::1'])(
    'have %s',
    (address) => {
      expect(set.has(address)).toBe(true);
    },
  );

  it.each(['11.0.0.1', '172.32.0.1', '192.169.0.1', '169.254.1.1', '100.64.0.1', '2001:db8::1', 'fe80::1'])(
    'do not have %s',
    (address) => {
      expect(set.has(address)).toBe(false);
    },
  );
});
