import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { once } from 'node:events';
import { findRabbitScripts } from '../../tools/broker/executables.ts';
import { isAlive } from '../../tools/broker/processes.ts';
import { createVhostForTest } from '../support/broker.ts';
import { healthUntil, isReady, readHealth } from '../support/health.ts';
import { StartFolder } from '../support/npm-start.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { skippedFor } from '../support/skipped.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import { worldEnv } from '../support/world.ts';

const SLOW_MS = scaledMs(TEST_MS);
const services = ['ingest', 'delivery'] as const;

/** Runs a service that cannot start, and gives what the operator is left with. */
async function failedStart(service: 'ingest' | 'delivery', env: Readonly<Record<string, string>>) {
  await using process = new ServiceProcess(service, env);
  const { code } = await process.exited;
  return { code, words: process.stderr };
}

describe.each(services)('%s that cannot start says why in words and exits', (service) => {
  it.concurrent(
    'a wrong broker password',
    async () => {
      await using vhost = await createVhostForTest();
      const url = new URL(vhost.url);
      url.password = 'wrong';
      const { code, words } = await failedStart(service, worldEnv(url.href));
      expect(code).toBe(1);
      expect(words).toMatch(/^cannot connect to the broker at [\w.:]+: .*ACCESS.REFUSED.* AMQP_URL\.\n$/);
      expect(words).not.toContain('wrong');
    },
    SLOW_MS,
  );

  it.concurrent(
    'a vhost that is not there',
    async () => {
      await using vhost = await createVhostForTest();
      const { code, words } = await failedStart(service, worldEnv(`${vhost.url}-not`));
      expect(code).toBe(1);
      expect(words).toMatch(/vhost in AMQP_URL/);
    },
    SLOW_MS,
  );

  it.concurrent(
    'a port that is taken',
    async () => {
      await using vhost = await createVhostForTest();
      const other = createServer().listen(0);
      await once(other, 'listening');
      const address = other.address();
      const port = typeof address === 'object' ? String(address?.port) : '';
      const { code, words } = await failedStart(service, { ...worldEnv(vhost.url), HEALTH_PORT: port });
      other.close();
      expect(code).toBe(1);
      expect(words).toBe(
        `Port ${port} is taken by another process: stop it, or set HEALTH_PORT to a free port.\n`,
      );
    },
    SLOW_MS,
  );

  it.concurrent('every variable that is wrong, at once', async () => {
    const env = { JWT_SECRET: 'short', LOG_LEVEL: 'loud', HEALTH_PORT: '70000', AMQP_URL: 'http://x' };
    const { code, words } = await failedStart(service, env);
    expect(code).toBe(1);
    const secret = service === 'ingest' ? 'INGEST_API_KEYS' : 'JWT_SECRET';
    for (const name of [secret, 'LOG_LEVEL', 'HEALTH_PORT', 'AMQP_URL'])
      expect(words).toContain(`  ${name}: `);
  });
});

describe.each(services)('%s while the broker is down at its start', (service) => {
  it(
    'is live and not ready, says so, and is ready by itself when the broker is there',
    async () => {
      await using vhost = await createVhostForTest();
      await using proxy = await TcpProxy.before(vhost.url);
      proxy.cut();
      await using process = new ServiceProcess(service, worldEnv(proxy.through(vhost.url)));
      const line = await process.said(`${service} is listening`);
      const ports = (line['ports'] ?? line) as Readonly<Record<string, number>>;
      const port = ports['health'] ?? ports['healthPort'] ?? 0;
      expect(await readHealth(port, '/health/live')).toMatchObject({ code: 200 });
      const down = await readHealth(port);
      expect(down).toMatchObject({ code: 503, body: { status: 'unhealthy', broker: { state: 'down' } } });
      expect(down.body.reasons.length).toBeGreaterThan(0);
      proxy.heal();
      await healthUntil(port, isReady);
    },
    SLOW_MS,
  );
});

describe('npm start', () => {
  it('with wrong settings lists those of both services, starts nothing and ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'roomcast-start-'));
    const env = { PATH: process.env['PATH'], LOG_LEVEL: 'loud', INBOX_PREFETCH: '0', MAX_SESSIONS: 'x' };
    const { code, words } = await new Promise<{ code: unknown; words: string }>((ended) => {
      execFile(
        process.execPath,
        [resolve('dist/tools/start/main.js')],
        { cwd: folder, env },
        (error, _out, words) => ended({ code: error?.code, words }),
      );
    });
    expect(code).toBe(1);
    expect(words).toMatch(/^These settings cannot work:\n( {2}[A-Z_]+: .+\n){3,}They stand in \.env/);
    for (const name of ['LOG_LEVEL', 'INBOX_PREFETCH', 'MAX_SESSIONS'])
      expect(words).toContain(`  ${name}: `);
    expect(readdirSync(folder)).toEqual(['.env']);
    rmSync(folder, { recursive: true });
  });
});

const obstacle =
  findRabbitScripts() === undefined ? 'no rabbitmq-server here; apt-get install rabbitmq-server' : undefined;
const withPrivateNode = obstacle === undefined ? describe : describe.skip;

withPrivateNode(`npm start with a private node${skippedFor(obstacle)}`, () => {
  it(
    'leaves the broker to stop by itself after Ctrl-C, and a start at once does not take that broker',
    async () => {
      await using folder = new StartFolder();
      const first = await folder.start();
      await first.said('Ctrl-C stops everything.');
      const { code, output } = await first.stop();
      expect(code).toBe(0);
      expect(output).not.toMatch(/^ +at /m);
      const [node] = folder.nodeProcesses;
      const again = await folder.start();
      await again.said('Ctrl-C stops everything.');
      expect(again.output).not.toContain('RabbitMQ of another npm start');
      expect(node === undefined || !isAlive(node)).toBe(true);
    },
    SLOW_MS,
  );

  it(
    'while another start runs shares its broker; a third that comes as the first stops waits for it, and takes Ctrl-C at once',
    async () => {
      await using folder = new StartFolder();
      const first = await folder.start();
      await first.said('Ctrl-C stops everything.');
      const second = await folder.start();
      await second.said(`the RabbitMQ of another npm start (process ${first.pid})`);
      await second.stop();
      const stopping = first.stop();
      await first.said('stopping the services');
      const third = await folder.start();
      await third.said('broker: RabbitMQ as a private node');
      const { code, output } = await third.stop();
      expect(code).toBe(0);
      expect(output).not.toMatch(/RabbitMQ of another npm start|^ +at |Error/m);
      expect((await stopping).code).toBe(0);
    },
    SLOW_MS,
  );

  it(
    'prints no stack when Ctrl-C comes while RabbitMQ starts',
    async () => {
      await using folder = new StartFolder();
      const start = await folder.start();
      await start.said('starting RabbitMQ');
      const { code, output } = await start.stop();
      expect(code).toBe(0);
      expect(output).not.toMatch(/^ +at |Error/m);
    },
    SLOW_MS,
  );
});
