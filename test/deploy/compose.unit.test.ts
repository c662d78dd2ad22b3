import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { rabbitImage } from '../../tools/broker/docker-engine.ts';
import { DeliveryVariables } from '../../services/delivery/config.ts';
import { IngestVariables } from '../../services/ingest/config.ts';
import { PushVariables } from '../../services/push/config.ts';
import { TEST_SECRET } from '../support/tokens.ts';
import { read, readYaml } from './deploy-files.ts';

const Service = z.object({
  image: z.string(),
  profiles: z.array(z.string()).default([]),
  restart: z.literal('unless-stopped'),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  logging: z.object({ options: z.object({ 'max-size': z.string(), 'max-file': z.string() }) }),
  mem_limit: z.string().regex(/^\$\{[A-Z]+_MEMORY:-\d+[mg]\}$/),
  healthcheck: z.object({ test: z.array(z.string()).min(2) }),
  stop_grace_period: z.string().optional(),
  environment: z.record(z.string(), z.unknown()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.object({ default: z.object({ aliases: z.array(z.string()) }) }).optional(),
  ulimits: z.object({ nofile: z.number() }).optional(),
});

const { services } = z
  .object({ services: z.record(z.string(), Service) })
  .parse(readYaml('docker-compose.yml'));
const entries = Object.entries(services);
const ofOurs = entries.filter(([, { image }]) => image.includes('roomcast'));
const defaults = DeliveryVariables.parse({ JWT_SECRET: TEST_SECRET });

const firstSeconds = (text = '') => Number(/(\d+)s/.exec(text)?.[1]);

describe('docker-compose.yml', () => {
  // That each is confined, limited and watched is in the schema above.
  it('runs broker, ingest and websocket, and more by profile', () => {
    const byProfile = (profile: string) =>
      entries.filter(([, { profiles }]) => profiles.includes(profile)).map(([name]) => name);
    expect(entries.filter(([, { profiles }]) => profiles.length === 0).map(([name]) => name)).toEqual([
      'rabbitmq',
      'ingest',
      'websocket',
    ]);
    expect(byProfile('proxy')).toEqual(['proxy']);
    expect(byProfile('scaled')).toEqual(['ingest-2', 'websocket-2']);
    expect(byProfile('cluster')).toEqual(['ingest-2', 'websocket-2', 'rabbitmq-2', 'rabbitmq-3']);
    expect(byProfile('push')).toEqual(['push']);
    expect(byProfile('monitoring')).toEqual(['prometheus', 'grafana']);
  });

  it('gives every instance of a service the one name under which proxy and Prometheus look for it', () => {
    for (const name of ['ingest', 'websocket']) {
      const aliases = (service: string) => services[service]?.networks?.default.aliases;
      expect([aliases(name), aliases(`${name}-2`)]).toEqual([[name], [name]]);
    }
    const brokers = entries.filter(([name]) => name.startsWith('rabbitmq'));
    expect(brokers.map(([, { networks }]) => networks?.default.aliases)).toEqual([
      ['broker'],
      ['broker'],
      ['broker'],
    ]);
  });

  it('waits longer for a stop than the services take', () => {
    for (const [, { stop_grace_period }] of ofOurs) {
      expect(firstSeconds(stop_grace_period) * 1_000).toBeGreaterThan(defaults.DRAIN_TIMEOUT_MS);
    }
  });

  it('allows as many files as there may be connections', () => {
    const spare = 500;
    const connections = defaults.MAX_SESSIONS + defaults.MAX_STRANGERS + spare;
    expect(services['websocket']?.ulimits?.nofile).toBeGreaterThan(connections);
  });

  it('publishes on loopback unless told otherwise, and one port for an instance that may restart', () => {
    const ports = entries.flatMap(([, service]) => service.ports);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^(\$\{\w+:-(\$\{\w+:-)?)?127\.0\.0\.1\}{0,2}:/);
    expect(ports.filter((port) => /\d-\d/.test(port))).toEqual([]);
  });

  it('tells neither service the secrets of the other, nor those of other containers', () => {
    const blank = (service: string) =>
      Object.entries(services[service]?.environment ?? {})
        .filter(([, value]) => value === '')
        .map(([name]) => name);
    const others = ['RABBITMQ_PASSWORD', 'GRAFANA_PASSWORD'];
    const ofPush = [
      'PUSH_VAPID_PRIVATE_KEY',
      'PUSH_VAPID_PRIVATE_KEY_FILE',
      'PUSH_FCM_ACCOUNT',
      'PUSH_FCM_ACCOUNT_FILE',
      'PUSH_APNS_KEY',
      'PUSH_APNS_KEY_FILE',
    ];
    expect(blank('ingest')).toEqual([...others, 'JWT_SECRET', 'JWT_SECRET_FILE', ...ofPush]);
    expect(blank('websocket')).toEqual([
      ...others,
      ...['INGEST_API_KEYS', 'INGEST_API_KEYS_FILE'],
      ...['ADMIN_API_KEYS', 'ADMIN_API_KEYS_FILE'],
      ...['EASYAPPOINTMENTS_API_TOKEN', 'EASYAPPOINTMENTS_API_TOKEN_FILE'],
      ...ofPush,
    ]);
    expect(blank('push')).toEqual([
      ...others,
      ...['JWT_SECRET', 'JWT_SECRET_FILE'],
      ...['INGEST_API_KEYS', 'INGEST_API_KEYS_FILE'],
      ...['ADMIN_API_KEYS', 'ADMIN_API_KEYS_FILE'],
      ...['EASYAPPOINTMENTS_API_TOKEN', 'EASYAPPOINTMENTS_API_TOKEN_FILE'],
    ]);
  });

  it('passes every setting on, whatever file it stands in', () => {
    const settings = {
      websocket: DeliveryVariables.shape,
      ingest: IngestVariables.shape,
      push: PushVariables.shape,
    };
    for (const [service, shape] of Object.entries(settings)) {
      const passed = Object.keys(services[service]?.environment ?? {});
      expect(Object.keys(shape).filter((name) => !passed.includes(name))).toEqual([]);
    }
  });

  it('publishes where the settings of the ports say, which the containers need not know', () => {
    const ports = [...(services['ingest']?.ports ?? []), ...(services['websocket']?.ports ?? [])];
    expect(ports.filter((port) => port.includes('PUBLISH_ADDRESS'))).toEqual([
      '${PUBLISH_ADDRESS:-127.0.0.1}:${INGEST_PUBLISH_PORTS:-${INGEST_PORT:-8082}}:8082',
      '${PUBLISH_ADDRESS:-127.0.0.1}:${WEBSOCKET_PUBLISH_PORT:-${WEBSOCKET_PORT:-8080}}:8080',
    ]);
    expect(services['websocket']?.environment).toMatchObject({ WEBSOCKET_PORT: 8080 });
    expect(services['ingest']?.environment).toMatchObject({ INGEST_PORT: 8082 });
  });

  it('names the broker image where the tests look for it', () => {
    expect(services['rabbitmq']?.image).toBe(rabbitImage('.'));
  });

  it('has every image whose name is no setting in the documented file of digests', () => {
    const [, file = ''] =
      /\*\*Images by digest\.\*\*[^]*?```yaml\n([^]*?)```/.exec(read('docs/operations.md')) ?? [];
    const pinned = z
      .object({ services: z.record(z.string(), z.object({ image: z.string() })) })
      .parse(parse(file));
    const fixed = entries.filter(([, { image }]) => !image.startsWith('${'));
    expect(pinned.services).toEqual(
      Object.fromEntries(fixed.map(([name, { image }]) => [name, { image: `${image}@sha256:…` }])),
    );
  });

  it('has every setting of its own in the documentation', () => {
    const settings = new Set(
      [...read('docker-compose.yml').matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name),
    );
    const documented = read('docs/operations.md') + read('docs/push.md') + read('.env.example');
    expect([...settings].filter((name) => !documented.includes(name ?? ''))).toEqual([]);
  });
});
