import { describe, expect, it } from '@jest/globals';
import { askNameServers, guardedLookup } from '../../services/push/http/guarded-lookup.ts';
import { NameServer } from './name-server.ts';

function resolved(hostname: string, { servers }: NameServer, options = {}): Promise<unknown> {
  const resolve = askNameServers({ servers, timeoutMs: 50 });
  return new Promise((settle) =>
    resolve(hostname, { all: true, ...options }, (error, addresses) => settle(error?.message ?? addresses)),
  );
}

describe('name servers', () => {
  it('tell the addresses of a name, of those families that are asked for', async () => {
    await using server = await NameServer.start('93.184.215.14');
    const ipv4 = [{ address: '93.184.215.14', family: 4 }];
    expect(await resolved('push.example.org', server)).toEqual(ipv4);
    expect(await resolved('push.example.org', server, { family: 4 })).toEqual(ipv4);
    expect(await resolved('push.example.org', server, { family: 6 })).toBe(
      'push.example.org cannot be resolved',
    );
  });

  it('that say that a name is one of our own machines get us nowhere', async () => {
    await using server = await NameServer.start('127.0.0.1');
    const lookup = guardedLookup(() => false, { elsewhere: askNameServers(server) });
    const refusal = new Promise((settle) =>
      lookup('push.example.org', { all: true }, (error) => settle(error?.name)),
    );
    expect(await refusal).toBe('PrivateAddressError');
  });

  it('are not waited for where they never answer, nor do they hold up others', async () => {
    await using silent = await NameServer.start();
    await using server = await NameServer.start('93.184.215.14');
    const waiting = Array.from({ length: 50 }, (_, at) => resolved(`push-${at}.example.org`, silent));
    expect(await resolved('push.example.org', server)).toHaveLength(1);
    expect(await Promise.all(waiting)).toEqual(
      waiting.map((_, at) => `push-${at}.example.org cannot be resolved`),
    );
    expect(silent.asked).toBeGreaterThanOrEqual(50);
  });
});
