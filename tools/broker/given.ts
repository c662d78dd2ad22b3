import { openAndClose } from './await-broker.ts';
import { BrokerError, type Broker, type BrokerOptions } from './broker.ts';
import { callManagement } from './management.ts';

const MANAGEMENT_PORT = 15672;

/** The broker that AMQP_URL names. It is the user's: we neither stop it nor run rabbitmqctl on it. */
export async function useGivenBroker(list: string, { env, lifetime }: BrokerOptions): Promise<Broker> {
  const answering = await firstThatAnswers(list.split(',').map((url) => url.trim()));
  const managementUrl = env['RABBITMQ_MANAGEMENT_URL'] ?? managementBeside(answering);
  const forTests = lifetime === 'temporary';
  if (forTests) await checkManagement(managementUrl);
  // The services take all nodes of a cluster; a test file gets a vhost on the one that answered.
  return {
    handle: { kind: 'given', url: forTests ? answering : list, managementUrl },
    describe: `the broker at ${new URL(answering).host} that AMQP_URL names`,
    ours: false,
    ended: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

async function firstThatAnswers(urls: readonly string[]): Promise<string> {
  const problems: string[] = [];
  for (const url of urls) {
    const { host } = parse('AMQP_URL', url);
    try {
      await openAndClose(url);
      return url;
    } catch (error) {
      problems.push(`${host} (${textOf(error)})`);
    }
  }
  throw new BrokerError(`AMQP_URL names ${problems.join(', ')}, where no broker lets us in.`);
}

async function checkManagement(managementUrl: string): Promise<void> {
  const { host } = parse('RABBITMQ_MANAGEMENT_URL', managementUrl);
  try {
    await callManagement(managementUrl, 'GET', '/api/overview');
  } catch (error) {
    throw new BrokerError(
      `Each test file gets a vhost of its own through RabbitMQ's management API, which does not answer at ${host}` +
        ` (${textOf(error)}). Enable rabbitmq_management there, set RABBITMQ_MANAGEMENT_URL, or unset AMQP_URL.`,
      { cause: error },
    );
  }
}

function managementBeside(url: string): string {
  const { username, password, hostname } = new URL(url);
  return `http://${username || 'guest'}:${password || 'guest'}@${hostname}:${MANAGEMENT_PORT}`;
}

function parse(variable: string, url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new BrokerError(`${variable} is not a URL.`);
  }
}

/** Failed connects have their words in the cause, or in a code only. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return textOf(error.cause);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
