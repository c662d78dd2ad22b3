import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { DeliveryVariables } from '../../services/delivery/config.ts';
import { TEST_SECRET } from '../support/tokens.ts';
import { read } from './deploy-files.ts';

const defaults = DeliveryVariables.parse({ JWT_SECRET: TEST_SECRET });
const files = readdirSync('deploy/nginx').map((name) => read(`deploy/nginx/${name}`));
const directives = files.join('\n').replace(/^\s*#.*$/gm, '');

describe('the proxy', () => {
  it('leaves finding dead clients to delivery', () => {
    const [ws = ''] = /location = \/ws \{[^}]*\}/.exec(directives) ?? [];
    for (const name of ['proxy_read_timeout', 'proxy_send_timeout']) {
      const seconds = Number(new RegExp(`${name} (\\d+)s;`).exec(ws)?.[1]);
      expect(seconds * 1_000).toBeGreaterThan(defaults.PING_INTERVAL_MS + defaults.PONG_TIMEOUT_MS);
    }
    expect(ws).toContain('Upgrade $http_upgrade');
  });

  it('passes a stream on as it comes, and does not take its silence between two comments for its end', () => {
    const [http = ''] = /location ~ \^\/v1\/\(stream\|events\|tickets\|[\s\S]*?\n\}/.exec(directives) ?? [];
    expect(http).toContain('proxy_buffering off;');
    for (const name of ['proxy_read_timeout', 'proxy_send_timeout']) {
      expect(Number(new RegExp(`${name} (\\d+)s;`).exec(http)?.[1])).toBeGreaterThan(2 * 15);
    }
    expect(directives).toContain('proxy_http_version 1.1;');
    // A call that may have been taken is not repeated.
    expect(directives).not.toContain('non_idempotent');
    expect(http).toMatch(/if \(\$publishes\) \{\s*return 421;/);
    for (const choice of ['on', 'off'])
      expect(read(`deploy/nginx/ingest-${choice}.conf`)).toContain('location @publish {');
  });

  it('passes on to delivery what clients ask of it, and nothing else', () => {
    const [, pattern = ''] = /location ~ (\^\/v1\/\S+) \{/.exec(directives) ?? [];
    const passes = (path: string) => new RegExp(pattern).test(path);
    for (const path of ['stream', 'events', 'tickets', 'devices', 'devices/3f0e', 'push/key'])
      expect([path, passes(`/v1/${path}`)]).toEqual([path, true]);
    for (const path of ['admin/events', 'devices/3f0e/x', 'push', 'streams'])
      expect([path, passes(`/v1/${path}`)]).toEqual([path, false]);
  });

  it('writes no query to a log, where existing clients carry their token', () => {
    const [format = ''] = /log_format[^;]*;/.exec(directives) ?? [];
    expect(format).toContain('$uri');
    expect(format).not.toMatch(/\$(request|request_uri|args|query_string|arg_\w+|http_referer)\b/);
    expect([...directives.matchAll(/access_log ([^;]*);/g)].map(([, target]) => target)).toEqual(
      expect.arrayContaining(['/dev/stdout roomcast']),
    );
    // Lines of the error log repeat the request; only what concerns no request may be there.
    const [http = ''] = /http \{[\s\S]*/.exec(directives) ?? [];
    expect(/error_log ([^;]*);/.exec(http)?.[1]).toBe('stderr emerg');
  });

  it('bounds what one address may hold and ask, and nothing where an address is many people', () => {
    const [, inside = ''] = /geo \$is_inside \{([^}]*)\}/.exec(directives) ?? [];
    for (const network of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', 'fc00::/7', '::1'])
      expect(inside).toContain(`${network} 1;`);
    expect(directives).toMatch(/map \$is_inside \$limited_address \{\s*0 \$address_network;\s*1 '';\s*\}/);
    const zones = [...directives.matchAll(/limit_(?:conn|req)_zone (\S+) zone=(\w+):/g)];
    expect(zones.map(([, key, zone]) => [key, zone])).toEqual(
      ['connections', 'requests', 'publishing'].map((zone) => ['$limited_address', zone]),
    );
    expect(directives).toMatch(/limit_conn_status 429;\s*limit_req_status 429;/);
    expect(directives).toMatch(/'429:' 5;[^}]*\}\s*add_header Retry-After \$retry_after always;/);
  });

  it('counts the addresses of an IPv6 network as one, which has two names at most', () => {
    const [, networks = ''] =
      /map \$remote_addr \$address_network \{([\s\S]*?);\s*\n\s*\}/.exec(directives) ?? [];
    const patterns = [...networks.matchAll(/"~(\S+)" \$network/g)].map(
      ([, pattern = '']) => new RegExp(pattern),
    );
    const networkOf = (address: string) =>
      patterns
        .map((pattern) => pattern.exec(address)?.groups?.['network'])
        .find((name) => name !== undefined);
    expect(patterns).toHaveLength(2);
    expect(networks).toContain('default $binary_remote_addr;');
    for (const address of ['203.0.113.7', '::ffff:203.0.113.7', '::1'])
      expect(networkOf(address)).toBeUndefined();
    const names = (...addresses: string[]) => [...new Set(addresses.map(networkOf))];
    expect(names('2001:db8:1:2:3:4:5:6', '2001:db8:1:2::6', '2001:db8:1:2::')).toEqual(['2001:db8:1:2:']);
    expect(names('2001:db8:1::6', '2001:db8:1:0:5:6:7:8')).toEqual(['2001:db8:1::', '2001:db8:1:0:']);
    expect(names('2001:db8:2::6')).toEqual(['2001:db8:2::']);
  });

  it('lets as many devices as an address may have come back at once, and poll one after the other', () => {
    const devices = Number(/limit_conn connections (\d+);/.exec(directives)?.[1]);
    const [, rate, burst] =
      /zone=requests:\w+ rate=(\d+)r\/s;[\s\S]*limit_req zone=requests burst=(\d+) nodelay;/.exec(
        [read('deploy/nginx/nginx.conf'), read('deploy/nginx/locations.conf')].join('\n'),
      ) ?? [];
    expect(Number(burst)).toBeGreaterThanOrEqual(devices);
    // A poll waits up to 25 s for its answer.
    expect(Number(rate)).toBeGreaterThan(devices / 25);
  });

  it('serves the same by TLS, with the same limits, and without it leads there', () => {
    const locations = 'include /etc/nginx/roomcast/locations.conf;';
    expect(read('deploy/nginx/server.conf')).toContain(locations);
    const [, plain = '', secure = ''] = read('deploy/nginx/server-tls.conf').split(/^server \{/m);
    expect(plain).toContain('return 301 https://$host$request_uri;');
    expect(plain).not.toMatch(/include|proxy_pass/);
    for (const line of ['listen 8443 ssl;', 'http2 on;', 'ssl_protocols TLSv1.2 TLSv1.3;', locations])
      expect(secure).toContain(line);
    // Of the whole server; a location that sets one of its own has that instead.
    const [ofServer = ''] = read('deploy/nginx/locations.conf').split('location ');
    expect(ofServer.match(/^limit_\w+ \S+/gm)).toEqual(['limit_conn connections', 'limit_req zone=requests']);
    expect(directives.match(/limit_(?:conn|req) [\w=]+/g)?.sort()).toEqual([
      'limit_conn connections',
      'limit_req zone=publishing',
      'limit_req zone=requests',
    ]);
  });

  it('believes no client about its address', () => {
    expect(directives).not.toContain('proxy_add_x_forwarded_for');
    expect(directives).not.toContain('set_real_ip_from');
    // Set, and not appended, wherever it passes something on: the services believe it.
    const afterEach = directives.split('proxy_pass ').slice(1);
    expect(afterEach).toHaveLength(3);
    for (const passing of afterEach) {
      expect(/proxy_set_header X-Forwarded-For .*/.exec(passing)?.[0]).toBe(
        'proxy_set_header X-Forwarded-For $remote_addr;',
      );
    }
    expect(directives.match(/X-Forwarded-For/g)).toHaveLength(3);
  });
});
