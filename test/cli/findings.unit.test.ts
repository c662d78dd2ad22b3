import { describe, expect, it } from '@jest/globals';
import { bindingProblems } from '../../cli/core/binding-problems.ts';
import { refusalOf, topologyProblem } from '../../cli/core/broker-refusal.ts';
import { certificateProblem } from '../../cli/core/certificate.ts';
import { clockProblem } from '../../cli/core/clock-difference.ts';
import { besideWebSocket, endpointOf, shownUrl, withScheme } from '../../cli/core/endpoint.ts';
import { reasonFindings } from '../../cli/core/health-reasons.ts';
import { refusedSession } from '../../cli/core/refused-session.ts';
import { refusedUpgrade } from '../../cli/core/refused-upgrade.ts';

describe('the bindings of the queues', () => {
  const queues = [
    { name: 'appointments.history', patterns: ['#'], arguments: {} },
    { name: 'appointments.inbox', arguments: {} },
  ];
  const bound = (destination: string, routing_key: string) => ({ destination, routing_key });
  const ours = bound('appointments.history', '#');

  it.each([
    ['as ingest makes them', [ours, bound('appointments.delivery.ws-1', 'calendar')], []],
    ['without one of them', [], ['appointments.history is not bound to appointments with #']],
    [
      'with one of somebody else',
      [ours, bound('appointments.inbox', 'calendar')],
      ['appointments.inbox is bound to appointments with calendar, by none of ours'],
    ],
  ])('%s', (_what, bindings, problems) => {
    const found = bindingProblems(queues, bindings).map(({ problem }) => problem);
    expect(found).toEqual(problems.map((problem) => expect.stringContaining(problem) as unknown));
  });
});

describe('an endpoint', () => {
  it.each([
    ['wss://app.example.org/ws', 'app.example.org', 443, true],
    ['ws://127.0.0.1:8080/ws', '127.0.0.1', 8080, false],
    ['https://[::1]/', '::1', 443, true],
    ['amqp://u:p@broker/', 'broker', 5672, false],
    ['amqps://u:p@broker/', 'broker', 5671, true],
  ])('of %s', (url, hostname, port, isTls) => {
    expect(endpointOf('x', new URL(url))).toEqual({ who: 'x', hostname, port, isTls });
  });

  it('is shown without user, password and query', () => {
    expect(shownUrl(new URL('wss://u:p@app.example.org/ws?token=t'))).toBe('wss://app.example.org/ws');
  });

  it.each([
    ['wss://app.example.org/ws', 'https://app.example.org/v1/stream'],
    ['ws://app.example.org:1/roomcast/ws?token=t', 'http://app.example.org:1/roomcast/v1/stream'],
    ['http://app.example.org', 'http://app.example.org/v1/stream'],
  ])('at %s has its stream at %s', (url, stream) => {
    expect(besideWebSocket(new URL(url), '/v1/stream').href).toBe(stream);
  });

  it('keeps its TLS under the other scheme', () => {
    expect(withScheme(new URL('https://a/ws'), 'ws').href).toBe('wss://a/ws');
    expect(withScheme(new URL('ws://a/ws'), 'http').href).toBe('http://a/ws');
  });
});

describe('a certificate', () => {
  const now = new Date('2026-11-28T00:00:00Z');
  const endsAt = new Date('2027-02-28T00:00:00Z');

  it.each([
    ['CERT_HAS_EXPIRED', 'renew'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'for this name'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'fullchain.pem'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
    ['SOMETHING_ELSE', 'that phones trust'],
  ])('that is not trusted by %s has its own cure', (error, cure) => {
    expect(certificateProblem('a:443', { error, endsAt }, now)?.cure).toContain(cure);
  });

  it('that ends within two weeks is a finding, and one that ends later is none', () => {
    const soon = new Date('2026-12-08T12:00:00Z');
    expect(certificateProblem('a:443', { error: undefined, endsAt: soon }, now)?.problem).toContain(
      '10 days',
    );
    expect(certificateProblem('a:443', { error: undefined, endsAt }, now)).toBeUndefined();
  });
});

describe('a clock', () => {
  const at = (theirMs: number) =>
    clockProblem({ host: 'h', theirMs, sentMs: 1_000_000, receivedMs: 1_002_000 });

  it.each([994_000, 1_000_000, 1_007_000])('is in step at %i', (theirMs) => {
    expect(at(theirMs)).toBeUndefined();
  });

  it('is told to be ahead or behind by the least that is certain', () => {
    expect(at(1_602_000)?.problem).toBe("the clock of h is 600 s ahead of this machine's");
    expect(at(399_000)?.problem).toBe("the clock of h is 600 s behind this machine's");
  });
});

describe('an upgrade', () => {
  it.each([
    [426, 'headers Upgrade and Connection'],
    [404, 'such as /ws'],
    [502, 'does not reach delivery'],
    [418, 'something else than delivery'],
  ])('that is answered %i has its own cure', (status, cure) => {
    expect(refusedUpgrade('ws://a/ws', status, undefined).cure).toContain(cure);
  });

  it('that is answered by a redirect is to go there', () => {
    expect(refusedUpgrade('ws://a/ws', 301, 'https://a/ws').cure).toContain('wss');
    expect(refusedUpgrade('ws://a/ws', 301, '/login').cure).toContain('where it points');
  });
});

describe('a session', () => {
  it.each([
    ['TOKEN_EXPIRED', true, 'get a new one'],
    ['TOKEN_EXPIRED', false, 'NTP'],
    ['AUTH_FAILED', true, 'JWT_ISSUER'],
    ['AUTH_FAILED', false, 'same JWT_SECRET'],
  ])('refused with %s has its own cure (token of our own: %s)', (code, isGiven, cure) => {
    expect(refusedSession({ code, message: '' }, isGiven).cure).toContain(cure);
  });
});

describe('the broker', () => {
  it.each([
    [
      '403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused using PLAIN"',
      'user or password',
    ],
    ['Expected ConnectionOpenOk; got <ConnectionClose channel:0>', 'virtual host'],
    ['530 (NOT-ALLOWED) with message "NOT_ALLOWED - vhost x not found"', 'virtual host'],
  ])('that says %j refuses the %s', (words, what) => {
    expect(refusalOf('h:5672', words).problem).toContain(what);
  });

  it('says that a queue is missing', () => {
    const words = "404 (NOT-FOUND) with message \"NOT_FOUND - no queue 'q' in vhost '/'\"";
    expect(topologyProblem('q', words).problem).toBe('q is missing');
  });

  it('is no RabbitMQ where it says something else', () => {
    expect(refusalOf('h:5672', 'Socket closed abruptly during opening handshake')).toMatchObject({
      problem: 'no AMQP with h:5672: Socket closed abruptly during opening handshake',
      cure: expect.stringContaining('15672') as unknown,
    });
  });

  it('says which argument of a queue differs, and who may look', () => {
    const words =
      "406 (PRECONDITION-FAILED) with message \"PRECONDITION_FAILED - inequivalent arg 'x-max-age' for queue 'q' in vhost '/': received '7D' but current is '1D'\"";
    expect(topologyProblem('q', words).problem).toBe(
      "q was made with other arguments: x-max-age: received '7D' but current is '1D'",
    );
    expect(topologyProblem('q', 'PRECONDITION_FAILED - other').problem).toContain(
      'PRECONDITION_FAILED - other',
    );
    expect(topologyProblem('q', '403 ACCESS_REFUSED').cure).toContain('set_permissions');
  });
});

describe('health', () => {
  const report = {
    status: 'unhealthy',
    reasons: ['broker_down', 'queue_differs', 'queue_policy', 'inbox_down'].map((code) => ({
      code,
      message: 'm',
    })),
  } as const;

  it('is not told what the broker and the topology told', () => {
    const told = (broker: boolean, policies: boolean) =>
      reasonFindings('u', report, { broker, policies }).map((one) => one.problem.split(': ')[1]);
    expect(told(true, true)).toEqual(['inbox_down']);
    expect(told(true, false)).toEqual(['queue_policy', 'inbox_down']);
    expect(told(false, true)).toEqual(['broker_down', 'inbox_down']);
  });
});
