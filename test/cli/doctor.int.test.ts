import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { EXCHANGE, HISTORY, INBOX, REJECTED } from '../../shared/contract/topology.ts';
import { declareTopology } from '../../shared/broker/declare-topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { freePort } from '../../tools/broker/ports.ts';
import { createVhostForTest, runBroker } from '../support/broker.ts';
import { roomcast } from '../support/command-line.ts';
import { PlainProxy } from '../support/fake-pair.ts';
import { liftPolicy, setPolicy } from '../support/policies.ts';
import { TEST_SECRET, tokenFor } from '../support/tokens.ts';
import { TEST_KEY, World } from '../support/world.ts';
import { doctor, doctorUntil, fakePair, noBroker, settingsFor, WAIT_S } from './diagnosis.ts';

describe('roomcast doctor finds nothing', () => {
  it('in a pair that works, and says what it looked at', async () => {
    await using world = await World.start();
    const [delivery] = world.deliveries;
    const [ingest] = world.ingests;
    const env = {
      JWT_SECRET: TEST_SECRET,
      INGEST_API_KEYS: TEST_KEY,
      AMQP_URL: world.amqpUrl,
      WEBSOCKET_PORT: String(delivery?.webSocketPort),
      INGEST_PORT: String(ingest?.httpPort),
      STATUS_PEERS: `http://127.0.0.1:${delivery?.healthPort},http://127.0.0.1:${ingest?.healthPort}`,
    };
    // A busy machine may be degraded, which is a finding as it should be.
    const { found, code, checks } = await doctor(env, '--skip', 'health');
    expect({ found, code }).toEqual({ found: [], code: 0 });
    const done = checks.filter(({ kind }) => kind === 'ok').map(({ name }) => name);
    expect(done).toEqual(
      expect.arrayContaining(['broker.login', 'topology', 'clock', 'upgrade', 'session', 'stream', 'event']),
    );
    // As in the container of delivery, which has no key: the event goes by the inbox.
    const withoutKey = await doctor({ ...env, INGEST_API_KEYS: '' }, '--skip', 'health');
    expect(withoutKey.found).toEqual([]);
    expect(withoutKey.text).toContain('published by appointments.inbox, seen');
  });

  it('where it has a URL and a token alone, as a phone has', async () => {
    await using pair = await fakePair();
    const url = ['--url', `ws://127.0.0.1:${pair.port}/ws`];
    const { found, code, checks } = await doctor({}, ...url, '--token', tokenFor('customer', 6));
    expect({ found, code }).toEqual({ found: [], code: 0 });
    const done = checks.filter(({ kind }) => kind === 'ok').map(({ name }) => name);
    expect(done).toEqual(['clock', 'delivery.dns', 'delivery.port', 'upgrade', 'session', 'stream']);
  });

  it('where it waits for a time that is no whole number of milliseconds', async () => {
    await using pair = await fakePair();
    const { found, code } = await doctor(settingsFor(pair), ...noBroker, '--wait', '40.0301');
    expect({ found, code }).toEqual({ found: [], code: 0 });
  });
});

describe('roomcast doctor names', () => {
  it('a wrong secret', async () => {
    await using pair = await fakePair({ secret: 'another-secret-of-delivery-0123456789' });
    const { found, notMade, code } = await doctor(settingsFor(pair), ...noBroker);
    expect(found).toEqual([
      expect.stringMatching(/^session: delivery refuses a token signed with the JWT_SECRET here/),
    ]);
    expect({ notMade, code }).toEqual({ notMade: ['stream', 'event'], code: 1 });
  });

  it('a wrong secret, by a token of the backend', async () => {
    await using pair = await fakePair();
    const token = tokenFor('customer', 6, { secret: 'the-secret-of-the-backend-0123456789' });
    const { found } = await doctor(settingsFor(pair), ...noBroker, '--token', token);
    expect(found).toEqual([expect.stringMatching(/^token: .*no key of this installation signed it/)]);
  });

  it('an expired token', async () => {
    await using pair = await fakePair();
    const token = tokenFor('customer', 6, { ttlSeconds: -60 });
    const { found, notMade } = await doctor(settingsFor(pair), ...noBroker, '--token', token);
    expect(found).toEqual(['token: the token of --token has expired']);
    expect(notMade).toEqual(['session', 'stream', 'event']);
  });

  it('a short secret', async () => {
    await using pair = await fakePair();
    const { found, text } = await doctor(settingsFor(pair, { JWT_SECRET: 'only-short' }), ...noBroker);
    expect(found).toEqual([
      expect.stringMatching(/^settings\.delivery: JWT_SECRET: a secret is under 32 bytes/),
    ]);
    expect(text).not.toContain('only-short');
  });

  it.each([
    ['ahead of', 600_000],
    ['behind', -600_000],
  ])('a clock ten minutes %s ours', async (where, aheadMs) => {
    await using pair = await fakePair({ aheadMs });
    const { found, notMade } = await doctor(settingsFor(pair), ...noBroker);
    expect(found).toEqual([
      expect.stringMatching(new RegExp(`^clock: .* (59\\d|60\\d) s ${where} this machine's$`)),
    ]);
    expect(notMade).toEqual(['session', 'stream', 'event']);
  });

  it('a proxy that passes no upgrade on', async () => {
    await using pair = await fakePair();
    await using proxy = await PlainProxy.before(pair.port, { passesUpgrades: false });
    const url = ['--url', `ws://127.0.0.1:${proxy.port}/ws`];
    const { found, notMade } = await doctor(settingsFor(pair), ...noBroker, ...url);
    expect(found).toEqual([
      expect.stringMatching(/^upgrade: .* 426 .*the request to upgrade did not reach delivery$/),
    ]);
    expect(notMade).toEqual(['session', 'stream', 'event']);
  });

  it('a proxy that buffers the event stream', async () => {
    await using pair = await fakePair();
    await using proxy = await PlainProxy.before(pair.port, { passesUpgrades: true });
    const url = ['--url', `ws://127.0.0.1:${proxy.port}/ws`];
    const { found, notMade } = await doctor(settingsFor(pair), ...noBroker, ...url);
    expect(found).toEqual([expect.stringMatching(/^stream: something on the way buffers .*\/v1\/stream/)]);
    expect(notMade).toEqual([]);
  });

  it('a broker that is down, once, though health says it too', async () => {
    await using pair = await fakePair({
      reasons: [{ code: 'broker_down', message: 'RabbitMQ is out of reach' }],
    });
    const AMQP_URL = `amqp://user:secret-of-rabbit@127.0.0.1:${await freePort()}`;
    const { found, notMade, text } = await doctor(settingsFor(pair, { AMQP_URL }));
    expect(found).toEqual([
      expect.stringMatching(/^broker\.port: nothing takes connections at .*ECONNREFUSED/),
    ]);
    expect(notMade).toEqual(['broker.tls', 'broker.login', 'topology']);
    expect(text).not.toContain('secret-of-rabbit');
  });

  it('a closed port', async () => {
    await using pair = await fakePair();
    const closed = await freePort();
    const { found, notMade } = await doctor(
      settingsFor(pair, { WEBSOCKET_PORT: String(closed) }),
      ...noBroker,
    );
    expect(found).toEqual([
      expect.stringMatching(
        `delivery\\.port: nothing takes connections at 127\\.0\\.0\\.1:${closed} \\(delivery\\)`,
      ),
    ]);
    expect(notMade).toEqual(['delivery.tls', 'upgrade', 'session', 'stream', 'event']);
  });

  it('a wrong password of the broker', async () => {
    await using vhost = await createVhostForTest();
    await using pair = await fakePair();
    const wrong = new URL(vhost.url);
    wrong.password = 'no-such-password';
    const { found, notMade, text } = await doctor(settingsFor(pair, { AMQP_URL: wrong.href }));
    expect(found).toEqual([
      expect.stringMatching(/^broker\.login: .* refuses the user or password of AMQP_URL$/),
    ]);
    expect(notMade).toEqual(['topology']);
    expect(text).not.toContain('no-such-password');
  });

  it('a virtual host that is not there', async () => {
    await using vhost = await createVhostForTest();
    await using pair = await fakePair();
    const wrong = new URL(vhost.url);
    wrong.pathname = '/elsewhere';
    const { found } = await doctor(settingsFor(pair, { AMQP_URL: wrong.href }));
    expect(found).toEqual([expect.stringMatching(/^broker\.login: .* does not open the virtual host/)]);
  });

  it('a missing queue and one made with other arguments, and makes none', async () => {
    await using vhost = await createVhostForTest();
    await using pair = await fakePair();
    const model = await connect(vhost.url);
    await declareTopology(model, { historyMaxAge: '1D' }, createLogger('test', 'silent'));
    const channel = await model.createChannel();
    await channel.deleteQueue(REJECTED);
    const settings = settingsFor(pair, { AMQP_URL: vhost.url, HISTORY_MAX_BYTES: '0' });
    const first = await doctor(settings);
    expect(first.found).toEqual([
      'topology: appointments.rejected is missing',
      expect.stringMatching(/^topology: appointments\.history was made with other arguments: x-max-age: /),
      expect.stringMatching(/^topology: appointments\.receipts was made with other arguments: x-max-age: /),
    ]);
    expect((await doctor(settings)).found).toEqual(first.found);
    await model.close();
  });

  it('a history that is not bound, a queue that is and should not be, and a policy that drops', async () => {
    await using vhost = await createVhostForTest();
    const reasons = [{ code: 'queue_policy', message: 'appointments.inbox: max-length 1000' }];
    await using pair = await fakePair({ reasons });
    const model = await connect(vhost.url);
    await declareTopology(
      model,
      { historyMaxAge: '7D', historyMaxBytes: 5e9 },
      createLogger('test', 'silent'),
    );
    const channel = await model.createChannel();
    await channel.unbindQueue(HISTORY, EXCHANGE, '#');
    await channel.bindQueue(INBOX, EXCHANGE, 'admin');
    await setPolicy(vhost.name, { 'max-length': 1_000 }, 'inbox$');
    const settings = settingsFor(pair, {
      AMQP_URL: vhost.url,
      RABBITMQ_MANAGEMENT_URL: runBroker().managementUrl,
    });
    // The broker's own API tells of a policy some seconds later.
    const { found, checks } = await doctorUntil(settings, 'may drop messages');
    expect(found.toSorted()).toEqual([
      expect.stringMatching(/^topology: appointments\.history is not bound to appointments with #/),
      expect.stringMatching(/^topology: appointments\.inbox is bound to appointments with admin/),
      'topology: appointments.inbox may drop messages: max-length 1000 by policy "limit"',
    ]);
    const { findings = [] } = checks.find(({ name }) => name === 'topology') ?? {};
    for (const { cure } of findings) expect(cure).toMatch(/^(start ingest again|take )/);
    await channel.bindQueue(HISTORY, EXCHANGE, '#');
    await channel.unbindQueue(INBOX, EXCHANGE, 'admin');
    await liftPolicy(vhost.name);
    await doctorUntil(settings, 'bound as it binds them, and no policy drops from them');
    await model.close();
  });

  it('a management API that does not answer', async () => {
    await using vhost = await createVhostForTest();
    await using pair = await fakePair();
    const model = await connect(vhost.url);
    await declareTopology(
      model,
      { historyMaxAge: '7D', historyMaxBytes: 5e9 },
      createLogger('test', 'silent'),
    );
    const url = `http://user:secret-of-rabbit@127.0.0.1:${await freePort()}`;
    const settings = settingsFor(pair, { AMQP_URL: vhost.url, RABBITMQ_MANAGEMENT_URL: url });
    const { found, text } = await doctor(settings);
    expect(found).toEqual([
      expect.stringMatching(/^topology: bindings and policies cannot be read .*ECONNREFUSED/),
    ]);
    expect(text).not.toContain('secret-of-rabbit');
    await model.close();
  });

  it('a key that ingest does not take', async () => {
    await using pair = await fakePair({ key: 'some-other-key-0123456789' });
    const { found } = await doctor(settingsFor(pair), ...noBroker);
    expect(found).toEqual(['event: ingest refuses this key']);
  });

  it('health ports that cannot be reached, and looks at the rest by the entrances', async () => {
    await using pair = await fakePair();
    const STATUS_PEERS = `http://127.0.0.1:${await freePort()}`;
    const { found, notMade } = await doctor(settingsFor(pair, { STATUS_PEERS }), ...noBroker);
    expect(found).toEqual([expect.stringMatching(/^health: .* cannot be read: .*ECONNREFUSED/)]);
    expect(notMade).toEqual([]);
  });

  it('what health says, and settings that are missing altogether', async () => {
    await using pair = await fakePair({ reasons: [{ code: 'inbox_down', message: 'it is not consumed' }] });
    const { found } = await doctor(settingsFor(pair), ...noBroker);
    expect(found).toEqual([
      expect.stringMatching(/^health: http.* is unhealthy: inbox_down: it is not consumed$/),
    ]);
    const nothing = await doctor(
      { AMQP_URL: `amqp://127.0.0.1:${pair.port}` },
      '--skip',
      'health,broker.login,topology,clock,ingest.port,delivery.port,upgrade',
    );
    expect(nothing.found).toEqual([
      expect.stringMatching(/^settings\.delivery: JWT_SECRET: required/),
      expect.stringMatching(/^settings\.ingest: INGEST_API_KEYS: /),
    ]);
  });
});

describe('roomcast doctor for people', () => {
  it('says each finding with its cure below it, and how many there are', async () => {
    await using pair = await fakePair();
    const env = settingsFor(pair, { JWT_SECRET: 'only-short' });
    const { code, out } = await roomcast(['doctor', '--wait', WAIT_S, ...noBroker], { env });
    expect(code).toBe(1);
    expect(out).toMatch(/^✗ settings\.delivery +JWT_SECRET: .*\n +→ correct it/m);
    expect(out).toMatch(/^\? session +not made: because of settings\.delivery$/m);
    expect(out).toMatch(/\n1 finding; 4 checks could not be made\.\n$/);
  });

  it('refuses the name of a check that is not there', async () => {
    const { code, err } = await roomcast(['doctor', '--skip', 'moon']);
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining('There is no check moon') as unknown,
    });
  });
});
