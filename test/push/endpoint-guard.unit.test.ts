import { describe, expect, it } from '@jest/globals';
import { guardedLookup, type ResolveAll } from '../../services/push/http/guarded-lookup.ts';
import { isPublicAddress } from '../../services/push/http/public-address.ts';
import { HostRules, isHostRule } from '../../shared/devices/host-rules.ts';

const anywhere = new HostRules(['*']);

describe('an endpoint that a phone gives', () => {
  it.each([
    'https://fcm.googleapis.com/fcm/send/abc',
    'https://updates.push.services.mozilla.com/wpush/v2/abc',
    'https://web.push.apple.com/QGu',
    'https://ntfy.example.org:443/upABC?up=1',
  ])('is asked where it is one of a push service: %s', (endpoint) => {
    expect(anywhere.problemOf(endpoint)).toBeUndefined();
  });

  it.each([
    ['no_url', 'push.example.org/x'],
    ['no_url', 'https://'],
    ['no_url', 'https://exa mple.org/'],
    ['not_https', 'http://push.example.org/x'],
    ['not_https', 'gopher://127.0.0.1:6379/_FLUSHALL'],
    ['not_https', 'file:///etc/passwd'],
    ['not_https', 'data:text/plain,x'],
    ['not_https', 'javascript:alert(1)'],
    ['has_credentials', 'https://user:secret@push.example.org/x'],
    ['has_credentials', 'https://push.example.org@127.0.0.1/x'],
    ['has_fragment', 'https://push.example.org/x#y'],
    ['ip_literal', 'https://127.0.0.1/x'],
    ['ip_literal', 'https://127.1/x'],
    ['ip_literal', 'https://2130706433/x'],
    ['ip_literal', 'https://0x7f.0.0.1/x'],
    ['ip_literal', 'https://0177.0.0.1/x'],
    ['ip_literal', 'https://0/x'],
    ['ip_literal', 'https://１２７.０.０.１/x'],
    ['ip_literal', 'https://169.254.169.254/latest/meta-data/'],
    ['ip_literal', 'https://[::1]/x'],
    ['ip_literal', 'https://[::ffff:10.0.0.1]/x'],
    ['ip_literal', 'https://[fe80::1]/x'],
    ['ip_literal', 'https://93.184.215.14/x'],
    ['port_not_allowed', 'https://push.example.org:22/x'],
    ['port_not_allowed', 'https://push.example.org:8443/x'],
  ])('is refused as %s: %s', (problem, endpoint) => {
    expect(anywhere.problemOf(endpoint)).toBe(problem);
  });
});

describe('PUSH_ALLOWED_HOSTS', () => {
  const rules = new HostRules([
    '*.push.apple.com',
    'ntfy.office.lan',
    'push.office.lan:8443',
    '10.0.0.7:8443',
  ]);

  it.each([
    ['https://web.push.apple.com/x', undefined],
    ['https://push.apple.com/x', 'host_not_allowed'],
    ['https://evilpush.apple.com.example.org/x', 'host_not_allowed'],
    ['https://notpush.apple.com/x', 'host_not_allowed'],
    ['https://web.push.apple.com:8443/x', 'port_not_allowed'],
    ['https://ntfy.office.lan/x', undefined],
    ['https://NTFY.office.lan/x', undefined],
    ['https://ntfy.office.lan:8443/x', 'host_not_allowed'],
    ['https://push.office.lan:8443/x', undefined],
    ['https://push.office.lan/x', 'host_not_allowed'],
    ['https://10.0.0.7:8443/x', undefined],
    ['https://10.0.0.8:8443/x', 'ip_literal'],
  ])('names who may be asked: %s', (endpoint, problem) => {
    expect(rules.problemOf(endpoint)).toBe(problem);
  });

  it('lets no host be at home but those that it names one by one', () => {
    const may = (hostname: string) => rules.mayBePrivate(hostname);
    expect(['ntfy.office.lan', 'push.office.lan', '10.0.0.7'].map(may)).toEqual([true, true, true]);
    expect(['web.push.apple.com', 'office.lan', ''].map(may)).toEqual([false, false, false]);
  });

  it.each(['*', '*.example.org', 'localhost', 'ntfy.office.lan:8443', '10.0.0.7', '[fd00::1]:8443'])(
    'takes %s',
    (rule) => {
      expect(isHostRule(rule)).toBe(true);
    },
  );

  it.each([
    '',
    '**',
    '*.',
    '*.example.org:443',
    'https://example.org',
    'a b',
    'example.org:0',
    'ex*mple.org',
  ])('takes no rule %j', (rule) => {
    expect(isHostRule(rule)).toBe(false);
  });
});

describe('an address', () => {
  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
    ...[
      '172.31.255.255',
      '192.0.0.8',
      '192.0.2.1',
      '192.168.1.1',
      '198.18.0.1',
      '198.51.100.7',
      '203.0.113.9',
    ],
    ...['224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '100::1'],
    ...['2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', 'fc00::1', 'fd12::1', 'fe80::1', 'ff02::1'],
    ...['', 'localhost', '1.2.3'],
  ])('of no one on the internet: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '93.184.215.14', '172.32.0.1', '100.128.0.1', '2606:4700::1', '2a00:1450:4001::200e'])(
    'of somebody on the internet: %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe('the look-up of a connection', () => {
  type Answer = { address: string; family: number }[];
  const ipv4 = (...addresses: string[]): Answer => addresses.map((address) => ({ address, family: 4 }));

  function looked(answers: readonly Answer[], { all = true, mayBePrivate = false } = {}) {
    let asked = 0;
    const resolve: ResolveAll = (_hostname, _options, done) => {
      done(null, answers[asked] ?? []);
      asked += 1;
    };
    const never: ResolveAll = () => expect('another look-up').toBe('used');
    const ways = mayBePrivate ? { atHome: resolve, elsewhere: never } : { atHome: never, elsewhere: resolve };
    const lookup = guardedLookup(() => mayBePrivate, ways);
    const connect = () =>
      new Promise((settle) =>
        lookup('push.example.org', { all }, (error, address) => settle(error?.message ?? address)),
      );
    return { connect, asked: () => asked };
  }

  it('connects to what it checked, whatever the name resolves to a moment later', async () => {
    const { connect, asked } = looked([ipv4('93.184.215.14'), ipv4('127.0.0.1')]);
    expect(await connect()).toEqual(ipv4('93.184.215.14'));
    expect(asked()).toBe(1);
    expect(await connect()).toMatch('not public');
  });

  it.each([
    ['a private address', ipv4('192.168.1.1')],
    ['a private one among public ones', ipv4('93.184.215.14', '10.0.0.1')],
    ['the metadata service of a cloud', ipv4('169.254.169.254')],
  ])('refuses a name that leads to %s', async (_, answer) => {
    expect(await looked([answer]).connect()).toMatch('not public');
    expect(await looked([answer], { all: false }).connect()).toMatch('not public');
  });

  it('lets a host be at home that the operator named', async () => {
    const answer = ipv4('192.168.1.1');
    expect(await looked([answer], { mayBePrivate: true }).connect()).toEqual(answer);
  });

  it('gives one address where one is asked for, and says where there is none', async () => {
    expect(await looked([ipv4('93.184.215.14')], { all: false }).connect()).toBe('93.184.215.14');
    expect(await looked([[]]).connect()).toBe('push.example.org has no address');
  });
});
