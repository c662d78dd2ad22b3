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
import { orAbort } from '../broker/or-abort.ts';
import { announceStop } from '../broker/start-record.ts';
import { ensureEnvFile, loadEnvironment, root, type Environment } from '../environment.ts';
import { ClosedPhones } from '../demo/closed-phones.ts';
import { startDemo, type Demo } from '../demo/demo-server.ts';
import { demoOptions } from './demo-options.ts';
import { settleEarlierStart } from './leftovers.ts';
import { Services } from './services.ts';
import { ConfigError } from '../../shared/config/env.ts';
import { readPorts, takenPorts, type StartPorts } from './ports.ts';
import { withPushDefaults, withPushService } from './push-environment.ts';
import { stopRequest } from './stop-request.ts';
import { welcome } from './welcome.ts';

const usage = `usage: npm start

Writes .env if there is none, finds a RabbitMQ, starts ingest and delivery, and push with PUSH=on. Reads .env and the environment:
AMQP_URL, ROOMCAST_BROKER=docker|local, WEBSOCKET_PORT, INGEST_PORT, WEBSOCKET_HEALTH_PORT, INGEST_HEALTH_PORT,
DEMO_PORT, PUSH_HEALTH_PORT.`;

/** How long the end of a command waits for the broker's. */
const BROKER_PATIENCE_MS = 1_000;
const say = (sentence: string) => console.log(sentence);

await runMain(usage, async () => {
  if (readArguments(usage, []).positionals.length > 0) throw new UsageError('npm start takes no arguments.');
  let services: Services | undefined;
  // A terminal that is gone must not keep us from stopping in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const stopped = stopRequest(() => {
    // The guardians see our end and take care of the rest.
    services?.kill();
    process.exit(1);
  });
  stopped.addEventListener('abort', () => announceStop());
  let broker: Broker | undefined;
  let demo: Demo | undefined;
  let phones: ClosedPhones | undefined;
  try {
    ensureEnvFile(say);
    const given = loadEnvironment();
    const env = withPushDefaults(given, readPorts(given).ports.demo);
    const ports = await portsForUs(env, stopped);
    broker = await findBroker({ lifetime: 'kept', env, root, say, signal: stopped });
    phones = env['PUSH']?.trim() === 'on' ? await ClosedPhones.start() : undefined;
    services = new Services(phones === undefined ? env : trusting(env, phones), ports, broker);
    const end = endOf(services, broker, stopped);
    await Promise.race([end, services.untilReady()]);
    demo = await startDemo(demoOptions(env, ports, services, phones));
    say(welcome(env, ports, broker.handle));
    await end;
  } catch (error) {
    if (!stopped.aborted) return complain(error);
  } finally {
    announceStop();
    if (services !== undefined) say('stopping the services ...');
    await demo?.close();
    // Before the broker, so that what they accepted gets there.
    await services?.stop();
    await phones?.close();
    await stopBroker(broker);
  }
  return 0;
});

// What still stops is in the hands of its guardian, which acts once we are gone.
process.exit();

/** Services that take these phones' push service for one of the internet. */
function trusting(env: Environment, phones: ClosedPhones): Environment {
  const certificates = phones.certificates(env['NODE_EXTRA_CA_CERTS']);
  return withPushService(env, { host: phones.host, certificates });
}

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

/** Resolves when somebody asks us to stop; rejects when a service or the broker ends by itself. */
function endOf(services: Services, broker: Broker, stopped: AbortSignal): Promise<never> {
  const brokerEnd = broker.ended.then((sentence) => Promise.reject(new CommandError(sentence)));
  return orAbort(Promise.race([brokerEnd, services.untilEnded()]), stopped);
}

/** RabbitMQ takes seconds to stop, and nobody has to watch it: the next start waits for it. */
async function stopBroker(broker: Broker | undefined): Promise<void> {
  if (broker?.ours !== true) return;
  const late = delay(BROKER_PATIENCE_MS, 'late' as const);
  const how = await Promise.race([broker.stop(), late]);
  if (how === 'late') say('the broker finishes stopping in the background; its data is kept');
}
