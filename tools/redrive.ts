import { CommandError, runMain } from '../shared/service/command-line.ts';
import { loadEnvironment } from './environment.ts';
import { runningBrokerUrl } from './start/leftovers.ts';

const usage = 'usage: npm run redrive -- list | show NUMBER | publish NUMBER|all | drop NUMBER|all';

/** The operator's command, on the broker of this checkout. */
await runMain(usage, async () => {
  const url = loadEnvironment()['AMQP_URL'] ?? runningBrokerUrl();
  if (url === undefined)
    throw new CommandError('There is no broker: set AMQP_URL, or run npm start in another shell.');
  process.env['AMQP_URL'] = url;
  await import('../services/ingest/redrive.ts');
  return Number(process.exitCode ?? 0);
});
