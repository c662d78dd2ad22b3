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
    const passing = directives.match(/location [^{]*\{[^}]*proxy_pass[^}]*\}/g) ?? [];
    expect(passing).toHaveLength(2);
    for (const location of passing) {
      expect(location.match(/proxy_set_header X-Forwarded-For .*/g)).toEqual([
        'proxy_set_header X-Forwarded-For $remote_addr;',
      ]);
    }
  });
});
