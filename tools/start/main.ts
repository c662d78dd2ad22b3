import { setTimeout as delay } from 'node:timers/promises';
import {
  CommandError,
  complain,
  readArguments,
  runMain,
  UsageError,
} from '../../shared/service/command-line.ts';
import type { Broker } from '../broker/broker.ts';
import { settingProblems } from './check-settings.ts';
import { findBroker } from '../broker/find-broker.ts';
import { endInShell, startGuardian, type Guardian } from '../broker/guardian.ts';
import { orAbort } from '../broker/or-abort.ts';
import { announceStop } from '../broker/start-record.ts';
import { ensureEnvFile, loadEnvironment, root, type Environment } from '../environment.ts';
import { forgetStart, recordStart, settleEarlierStart } from './leftovers.ts';
import { ServiceProcess } from './service-process.ts';
import { ConfigError } from '../../shared/config/env.ts';
import { readPorts, takenPorts, type StartPorts } from './ports.ts';
import { stopRequest } from './stop-request.ts';
import { welcome } from './welcome.ts';

const usage = `usage: npm start

Writes .env if there is none, finds a RabbitMQ, starts ingest and delivery. Reads .env and the environment:
AMQP_URL, ROOMCAST_BROKER=docker|local, WEBSOCKET_PORT, INGEST_PORT, WEBSOCKET_HEALTH_PORT, INGEST_HEALTH_PORT.`;

const GUARDIAN_GRACE_S = 12;
/** How long the end of a command waits for the broker's. */
const BROKER_PATIENCE_MS = 1_000;
const say = (sentence: string) => console.log(sentence);

await runMain(usage, async () => {
  if (readArguments(usage, []).positionals.length > 0) throw new UsageError('npm start takes no arguments.');
  const services: ServiceProcess[] = [];
  // A terminal that is gone must not keep us from stopping in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const stopped = stopRequest(() => {
    // The guardians see our end and take care of the rest.
    for (const service of services) service.kill();
    process.exit(1);
  });
  stopped.addEventListener('abort', () => announceStop());
  let broker: Broker | undefined;
  let guardian: Guardian | undefined;
  try {
    ensureEnvFile(say);
    const env = loadEnvironment();
    const ports = await portsForUs(env, stopped);
    broker = await findBroker({ lifetime: 'kept', env, root, say, signal: stopped });
    services.push(...startServices(env, ports, broker));
    const pids = services.flatMap(({ pid }) => pid ?? []);
    guardian = startGuardian(endInShell(pids, GUARDIAN_GRACE_S), []);
    recordStart(pids, broker.handle);
    await run(services, env, ports, broker, stopped);
  } catch (error) {
    if (!stopped.aborted) return complain(error);
  } finally {
    announceStop();
    if (services.length > 0) say('stopping the services ...');
    // Before the broker, so that what they accepted gets there.
    await Promise.all(services.map((service) => service.stop()));
    forgetStart();
    await guardian?.dismiss();
    await stopBroker(broker);
  }
  return 0;
});

// What still stops is in the hands of its guardian, which acts once we are gone.
process.exit();

/** Throws everything that is wrong at once, before anything is started or installed. */
async function portsForUs(env: Environment, stopped: AbortSignal): Promise<StartPorts> {
  const { ports } = readPorts(env);
  const problems = settingProblems(env);
  // Until the rest is right nothing of an earlier start is touched, so it may hold a port that is free later.
  const other = problems.length > 0 ? undefined : await settleEarlierStart(say, stopped);
  const all = [...problems, ...(await takenPorts(ports))];
  if (all.length === 0) return ports;
  const { message } = new ConfigError(all);
  const running =
    other === undefined ? '' : ` Another npm start runs in this folder (process ${other.owner.pid}).`;
  throw new CommandError(`${message}\nThey stand in .env or in the environment.${running}`);
}

function startServices(env: Environment, ports: StartPorts, broker: Broker): readonly ServiceProcess[] {
  const common = { ...env, AMQP_URL: broker.handle.url };
  const ingest = new ServiceProcess({
    label: 'ingest',
    service: 'ingest',
    env: {
      STATUS_PEERS: `http://127.0.0.1:${ports.webSocketHealth}`,
      ...common,
      INGEST_PORT: String(ports.ingest),
    },
    healthPort: ports.ingestHealth,
  });
  const delivery = new ServiceProcess({
    label: 'websocket',
    service: 'delivery',
    env: {
      STATUS_PEERS: `http://127.0.0.1:${ports.ingestHealth}`,
      // Few sessions, and a person who waits for the stop.
      DRAIN_SPREAD_MS: '500',
      ...common,
      WEBSOCKET_PORT: String(ports.webSocket),
    },
    healthPort: ports.webSocketHealth,
  });
  return [ingest, delivery];
}

/** Until somebody asks us to stop; rejects when a service or the broker ends by itself. */
async function run(
  services: readonly ServiceProcess[],
  env: Environment,
  ports: StartPorts,
  broker: Broker,
  stopped: AbortSignal,
): Promise<void> {
  const brokerEnd = broker.ended.then((sentence) => Promise.reject(new CommandError(sentence)));
  const firstEnd = Promise.race([brokerEnd, ...services.map((service) => service.untilEnded())]);
  const end = orAbort(firstEnd, stopped);
  await Promise.race([end, Promise.all(services.map((service) => service.untilReady()))]);
  say(welcome(env, ports, broker.handle));
  await end;
}

/** RabbitMQ takes seconds to stop, and nobody has to watch it: the next start waits for it. */
async function stopBroker(broker: Broker | undefined): Promise<void> {
  if (broker?.ours !== true) return;
  const late = delay(BROKER_PATIENCE_MS, 'late' as const);
  const how = await Promise.race([broker.stop(), late]);
  if (how === 'late') say('the broker finishes stopping in the background; its data is kept');
}
