import { describe, expect, it } from '@jest/globals';
import { ClientAddresses } from '../../shared/service/client-addresses.ts';
import { networkOf } from '../../shared/core/address-network.ts';
import { NetworkSet, parseNetwork } from '../../shared/config/networks.ts';

const PROXY = '172.18.0.9';
const clients = (...proxies: string[]) =>
  new ClientAddresses(new NetworkSet(proxies.flatMap((text) => parseNetwork(text) ?? [])));

function clientOf(
  headers: Readonly<Record<string, string>>,
  { peer = PROXY, proxies = ['172.18.0.0/16', '2001:db8:ffff::/48'] } = {},
) {
  const { network, ...rest } = clients(...proxies).of({ socket: { remoteAddress: peer }, headers });
  expect(network).toBe(networkOf(rest.address));
  return rest;
}

const forwardedFor = (text: string) => ({ 'x-forwarded-for': text });

describe('the client behind a trusted proxy', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[2001:db8::7]:443', '2001:db8::7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['203.0.113.7:51234, 172.18.0.4:80', '203.0.113.7'],
    ['[2001:db8::7]:443, [2001:db8:ffff::1]:80', '2001:db8::7'],
    ['203.0.113.7,172.18.0.4', '203.0.113.7'],
    ['203.0.113.7 , 2001:db8:ffff::1,  172.18.0.4', '203.0.113.7'],
    ['203.0.113.7, ::ffff:172.18.0.4', '203.0.113.7'],
    ['172.18.0.5', '172.18.0.5'],
    ['172.18.0.5, 172.18.0.4', '172.18.0.5'],
  ])('of %j is %s', (header, address) => {
    const isNamed = !address.startsWith('172.18.');
    expect(clientOf(forwardedFor(header))).toEqual({ address, isNamed, isForwarded: false });
  });

  it.each([
    ['an address', '10.0.0.1, 203.0.113.7'],
    ['a proxy of ours', '172.18.0.4, 203.0.113.7'],
    ['no address', '<script>, 203.0.113.7'],
    ['many', `${'1.1.1.1,'.repeat(500)}203.0.113.7`],
  ])('that forged %s before it is found all the same, and passes on a request', (_what, header) => {
    expect(clientOf(forwardedFor(header))).toEqual({
      address: '203.0.113.7',
      isNamed: true,
      isForwarded: true,
    });
  });

  it.each([
    '',
    ',',
    'unknown',
    '203.0.113.7:',
    '203.0.113.7:http',
    '2001:db8::7]',
    '[2001:db8::7',
    '[2001:db8::7]443',
    '[fe80::1%eth0]:80',
    '[]',
    '"203.0.113.7"',
    '203.0.113',
    '0xcb.0.113.7',
    `fe80::1%${'x'.repeat(100)}`,
    '203.0.113.7,',
    '203.0.113.7, unknown',
    'unknown, 172.18.0.4',
  ])('that is given as %j is not known: the proxy stands for it', (header) => {
    expect(clientOf(forwardedFor(header))).toEqual({ address: PROXY, isNamed: false, isForwarded: true });
  });

  it.each([
    ['for=203.0.113.7', '203.0.113.7'],
    ['For="203.0.113.7:4711"', '203.0.113.7'],
    ['for="[2001:db8::7]:443";proto=https;by=172.18.0.9', '2001:db8::7'],
    ['proto=https;for="[2001:db8::7]"', '2001:db8::7'],
    ['for="203.0.113.7:_port"', '203.0.113.7'],
    ['for=203.0.113.7, for=172.18.0.4', '203.0.113.7'],
    ['for=203.0.113.7;host="a, b; for=10.0.0.1" , for="172.18.0.4:80"', '203.0.113.7'],
    ['for="203.0\\.113.7"', '203.0.113.7'],
  ])('that is named by Forwarded as %j is %s', (forwarded, address) => {
    expect(clientOf({ forwarded })).toEqual({ address, isNamed: true, isForwarded: false });
  });

  it.each(
    [
      ['', 'for=unknown', 'for=_hidden', 'proto=https', 'for="203.0.113.7', '203.0.113.7'],
      ['for=203.0.113.7,', 'for=203.0.113.7, proto=https', 'for = 203.0.113.7', 'for="[fe80::1%eth0]"'],
    ].flat(),
  )('that Forwarded does not name, as in %j, is not known: the proxy stands for it', (forwarded) => {
    expect(clientOf({ forwarded })).toEqual({ address: PROXY, isNamed: false, isForwarded: true });
  });

  it('that forged Forwarded is found all the same, and passes on a request', () => {
    expect(clientOf({ forwarded: 'for=10.0.0.1, for=203.0.113.7' })).toEqual({
      address: '203.0.113.7',
      isNamed: true,
      isForwarded: true,
    });
  });

  it('is read from X-Forwarded-For where there is one, and from no other header than these', () => {
    const headers = { 'x-real-ip': '10.0.0.2', via: '1.1 proxy' };
    expect(clientOf({ ...forwardedFor('203.0.113.7'), ...headers, forwarded: 'for=10.0.0.1' })).toEqual({
      address: '203.0.113.7',
      isNamed: true,
      isForwarded: false,
    });
    expect(clientOf(headers)).toEqual({ address: PROXY, isNamed: false, isForwarded: true });
  });

  it('is the proxy itself when it passes nothing on', () => {
    expect(clientOf({})).toEqual({ address: PROXY, isNamed: false, isForwarded: false });
  });
});

describe('anybody else', () => {
  it.each([
    ['no proxy is trusted', PROXY, []],
    ['another one is', PROXY, ['172.18.0.8']],
    ['an IPv6 address comes near', '2001:db9::1', ['2001:db8::/32']],
    ['the peer is gone', '', ['172.18.0.0/16']],
  ])('is who connects, whatever the header says: %s', (_why, peer, proxies) => {
    expect(clientOf(forwardedFor('203.0.113.7'), { peer, proxies })).toEqual({
      address: peer,
      isNamed: false,
      isForwarded: true,
    });
    expect(clientOf({}, { peer, proxies })).toEqual({ address: peer, isNamed: false, isForwarded: false });
  });

  it.each(['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'])('with %s passes on a request', (name) => {
    expect(clientOf({ [name]: '' }, { proxies: [] })).toMatchObject({ isForwarded: true });
  });
});

describe('a peer of an IPv6 socket', () => {
  it.each([
    ['::ffff:172.18.0.9', ['172.18.0.0/16']],
    ['2001:db8:ffff::1', ['2001:db8:ffff::/48']],
    ['::1', ['::1']],
    ['fe80::1%eth0', ['fe80::/10']],
  ])('%s is a trusted proxy as well', (peer, proxies) => {
    expect(clientOf(forwardedFor('2001:db8::7'), { peer, proxies }).address).toBe('2001:db8::7');
  });
});
