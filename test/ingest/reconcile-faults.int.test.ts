import { describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { MAX_FAILURES } from '../../services/ingest/backends/easyappointments/api/questions.ts';
import {
  answer,
  answerJson,
  API_TOKEN,
  booking,
  type Interference,
} from '../support/easyappointments-rest.ts';
import { Reconciling } from '../support/reconciling.ts';

const text = (pattern: string) => expect.stringContaining(pattern);

/** Interferes with the first requests only. */
function first(count: number, interfere: Interference): Interference {
  let left = count;
  return (request, response) => left-- > 0 && interfere(request, response);
}

const broken: Interference = (_request, response) => {
  response.destroy();
  return true;
};

const limited =
  (headers: Readonly<Record<string, string>> = {}): Interference =>
  (_request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return answer(response, 429, '');
  };

describe('a site that answers 429', () => {
  it.each([
    ['nothing', {}, 120_000],
    ['Retry-After: 7', { 'Retry-After': '7' }, 7_000],
    ['Retry-After: a day', { 'Retry-After': '86400' }, 900_000],
    [
      'a time in Retry-After, by its own clock',
      { 'Retry-After': 'Mon, 23 Nov 2026 12:00:30 GMT', Date: 'Mon, 23 Nov 2026 12:00:00 GMT' },
      30_000,
    ],
    ['a Retry-After that is none', { 'Retry-After': 'soon' }, 120_000],
  ])('and says %s is left alone so long, then asked the same again', async (_what, headers, waitMs) => {
    await using world = await Reconciling.start();
    world.site.rows.appointments = [booking(1)];
    world.site.interfere = first(1, limited(headers));
    expect(await world.run()).toMatchObject({ outcome: 'complete', requests: 9, appointments: 1 });
    expect(world.time.waits).toEqual([waitMs]);
    expect(world.site.requests.map(({ path }) => path).slice(0, 3)).toEqual([
      'providers',
      'providers',
      'secretaries',
    ]);
  });

  it('again and again is given up, with a line that says why', async () => {
    await using world = await Reconciling.start();
    world.site.interfere = limited();
    expect(await world.run()).toMatchObject({
      outcome: 'given_up',
      requests: MAX_FAILURES,
      problem: { code: 'rate_limited', message: text('other programs') },
    });
  });

  it('is not waited for by a stop', async () => {
    await using world = await Reconciling.start();
    const stop = new AbortController();
    world.site.interfere = (request, response) => {
      limited()(request, response);
      response.on('close', () => stop.abort());
      return true;
    };
    expect(await world.run(stop.signal)).toMatchObject({ outcome: 'stopped' });
  });
});

describe('a failure that passes', () => {
  it.each<[string, Interference]>([
    ['500', (_request, response) => answer(response, 500, '{"success":false}')],
    ['a page with 503', (_request, response) => answer(response, 503, '<html>maintenance</html>')],
    ['a connection that breaks', broken],
  ])('%s, is asked again after longer and longer waits, up to a bound', async (_what, interfere) => {
    await using world = await Reconciling.start();
    world.site.interfere = first(3, interfere);
    expect(await world.run()).toMatchObject({ outcome: 'complete', requests: 8 + 3 });
    expect(world.time.waits).toEqual([5_000, 10_000, 20_000]);

    world.site.interfere = interfere;
    expect(await world.run()).toMatchObject({ outcome: 'given_up', requests: MAX_FAILURES });
  });

  it('no answer in time, is told from others', async () => {
    await using world = await Reconciling.start({ timeoutMs: 20 });
    world.site.interfere = () => true;
    expect(await world.run()).toMatchObject({
      outcome: 'given_up',
      problem: { code: 'unreachable', message: text('no answer within 20 ms') },
    });
  });

  it('nobody there, says how it cannot be reached', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await using world = await Reconciling.start({ url: `http://127.0.0.1:${port}` });
    expect(await world.run()).toMatchObject({
      outcome: 'given_up',
      problem: { code: 'unreachable', message: text('ECONNREFUSED') },
    });
  });
});

describe('a set-up that cannot work is given up at once, saying what to look at', () => {
  const HINT = 'EASYAPPOINTMENTS_URL must be the address';

  it('a wrong token', async () => {
    await using world = await Reconciling.start({ token: 'wrong-token' });
    expect(await world.run()).toMatchObject({
      outcome: 'given_up',
      requests: 1,
      problem: { code: 'unauthorized', message: text('EASYAPPOINTMENTS_API_TOKEN') },
    });
  });

  it.each<[string, Interference, string]>([
    ['a web page', (_request, response) => answer(response, 200, '<!doctype html>'), 'with a web page'],
    [
      'a path that is not there',
      (_request, response) => answer(response, 404, '<h1>Not Found</h1>'),
      '404 with',
    ],
    ['an empty 404', (_request, response) => answer(response, 404, ''), 'answered 404'],
    [
      'a redirect',
      (_request, response) => {
        response.setHeader('location', '/login?secret=planted');
        return answer(response, 302, '');
      },
      '302, a redirect to http://127.0.0.1:',
    ],
    ['JSON that is no list', (_request, response) => answerJson(response, { success: true }), 'not a list'],
    [
      'no JSON',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('<?php');
        return true;
      },
      'not JSON',
    ],
  ])('%s', async (_what, interfere, words) => {
    await using world = await Reconciling.start();
    world.site.interfere = interfere;
    const { outcome, requests, problem } = await world.run();
    expect({ outcome, requests, code: problem?.code }).toEqual({
      outcome: 'given_up',
      requests: 1,
      code: 'wrong_address',
    });
    expect(problem?.message).toContain(words);
    expect(problem?.message).toContain(HINT);
    expect(problem?.message).not.toContain('planted');
  });

  it('the address of another application', async () => {
    await using world = await Reconciling.start();
    await using elsewhere = await Reconciling.start({ url: `${world.site.url}/other/index.php/x` });
    expect(await elsewhere.run()).toMatchObject({ outcome: 'given_up', problem: { code: 'wrong_address' } });
  });

  it('something in between that answers every page with the same one', async () => {
    await using world = await Reconciling.start();
    const rows = Array.from({ length: 250 }, (_, index) => booking(index + 1));
    world.site.interfere = ({ path }, response) => path === 'appointments' && answerJson(response, rows);
    expect(await world.run()).toMatchObject({
      outcome: 'given_up',
      requests: 6,
      problem: { code: 'wrong_address', message: text('page 2') },
    });
  });

  it('an answer beyond the bound, which is not read to its end', async () => {
    await using world = await Reconciling.start({ maxResponseBytes: 100_000 });
    let written = 0;
    world.site.interfere = (_request, response) => {
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const more = () => {
        do written += chunk.byteLength;
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
      return true;
    };
    expect(await world.run()).toMatchObject({
      outcome: 'given_up',
      requests: 1,
      problem: { code: 'too_large', message: text('EASYAPPOINTMENTS_MAX_RESPONSE_BYTES') },
    });
    expect(written).toBeGreaterThan(100_000);
  });

  it('a 404 with a page does not make an appointment gone', async () => {
    await using world = await Reconciling.start();
    world.decider.existing.set(7, '2026-12-03');
    world.site.interfere = ({ path }, response) =>
      path === 'appointments/7' && answer(response, 404, '<html>nginx</html>');
    expect(await world.run()).toMatchObject({ outcome: 'given_up', gone: 0 });
    expect(world.decider.observations).toEqual([]);
  });
});

describe('answers with something beside their JSON', () => {
  const WARNING = '<div>\n<h4>A PHP Error was encountered</h4>\n<p>planted-warning</p>\n</div>\n';
  const DEPRECATED = '<br />\n<b>Deprecated</b>:  strpos() in <b>x.php</b> on line <b>42</b><br />\n';

  /** What the application answers, with something before it and after it. */
  const around =
    (before: string, after = '', status = 200): Interference =>
    ({ path }, response) => {
      const rows: Readonly<Record<string, string>> = {
        appointments: JSON.stringify([booking(1)]),
        'appointments/7': '',
      };
      response.writeHead(path === 'appointments/7' ? 404 : status, { 'content-type': 'application/json' });
      response.end(before + (rows[path] ?? '[]') + after);
      return true;
    };

  it.each([
    ['a byte order mark', around('\ufeff'), 'a byte order mark'],
    ['a warning before it', around(WARNING), 'a message of PHP'],
    ['a notice before it', around(DEPRECATED), 'a message of PHP'],
    ['a notice behind it', around('', `\n${DEPRECATED}`), 'a message of PHP'],
  ])('are read with %s, which is said once a run', async (_what, interfere, stray) => {
    await using world = await Reconciling.start();
    world.decider.existing.set(7, '2026-12-03');
    world.site.interfere = interfere;
    const reported = world.report();
    world.reconciler.start();
    expect(await reported).toMatchObject({ outcome: 'complete', appointments: 1, gone: 1, stray });
    expect(world.log.filter((line) => line.includes('beside their JSON'))).toHaveLength(1);
    expect(world.log.join('')).not.toContain('planted');
  });

  it('are asked for again where a message of PHP is all there is, which is said in words', async () => {
    await using world = await Reconciling.start();
    world.site.interfere = (_request, response) => answer(response, 200, `${WARNING}<b>Fatal error</b>: x`);
    const { outcome, requests, problem } = await world.run();
    expect({ outcome, requests }).toEqual({ outcome: 'given_up', requests: MAX_FAILURES });
    expect(problem).toMatchObject({ code: 'server_error', message: text('a message of PHP and no JSON') });
    expect(problem?.message).not.toContain('planted');
  });
});

describe('the token', () => {
  it('does not follow a redirect', async () => {
    await using other = await Reconciling.start();
    await using world = await Reconciling.start();
    world.site.interfere = (_request, response) => {
      response.setHeader('location', `${other.site.url}/index.php/api/v1/providers`);
      return answer(response, 307, '');
    };
    await world.run();
    expect(world.site.requests).toHaveLength(1);
    expect(other.site.requests).toEqual([]);
  });

  it('is in no log line and no report, whatever goes wrong, and nor is what the site answered', async () => {
    const faults: Interference[] = [
      () => false,
      (_request, response) => answer(response, 401, `not with ${API_TOKEN}`),
      (_request, response) => answer(response, 500, 'planted-answer'),
      (_request, response) => answer(response, 200, 'planted-answer'),
      broken,
      limited(),
    ];
    for (const fault of faults) {
      await using world = await Reconciling.start();
      world.site.interfere = fault;
      const report = world.report();
      world.reconciler.start();
      expect(await report).toBeDefined();
      const said = world.log.join('') + JSON.stringify(world.reports);
      expect(said).toMatch(/reconcil/);
      expect(said).not.toMatch(new RegExp(`${API_TOKEN}|planted`));
    }
  });
});
