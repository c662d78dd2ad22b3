import { runAsProcess } from '../cli/process.ts';
import { loadEnvironment, loadWithSecret, root } from './environment.ts';
import { runningBrokerUrl } from './start/leftovers.ts';
import { readPorts } from './start/ports.ts';

/** What a command cannot do without, so that it works before the first start too. */
const secrets: Readonly<Record<string, string>> = {
  watch: 'JWT_SECRET',
  token: 'JWT_SECRET',
  publish: 'INGEST_API_KEYS',
};

const args = process.argv.slice(2);
const secret = secrets[args[0] ?? ''];
const env = secret === undefined ? loadEnvironment() : loadWithSecret(secret);
const { ports } = readPorts(env);
const broker = runningBrokerUrl();
const healthPorts = [ports.webSocketHealth, ports.ingestHealth];

/** The command line on what runs in this checkout. npm changes to it; a relative file name is meant from where the person is. */
await runAsProcess(args, {
  env: {
    ...(broker !== undefined && { AMQP_URL: broker }),
    STATUS_PEERS: healthPorts.map((port) => `http://127.0.0.1:${port}`).join(','),
    ...env,
  },
  folder: process.env['INIT_CWD'] ?? root,
});
