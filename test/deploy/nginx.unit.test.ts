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
    const [http = ''] =
      /location ~ \^\/v1\/\(stream\|events\|tickets\)\$ \{[\s\S]*?\n\}/.exec(directives) ?? [];
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
