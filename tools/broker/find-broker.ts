import { aptInstallRabbit, aptObstacle } from './apt.ts';
import { BrokerError, type Attempt, type Broker, type BrokerOptions, type OwnBroker } from './broker.ts';
import { tryDocker } from './docker.ts';
import { useGivenBroker } from './given.ts';
import { tryPrivateNode } from './private-node.ts';

const kinds = ['docker', 'local'] as const;
type Kind = (typeof kinds)[number];

/** What the tests need to run containers by the library they use for it. */
const MIN_NODE_FOR_DOCKER_TESTS = '22.22';

/**
 * AMQP_URL if set, else a Docker engine, else RabbitMQ on the PATH as a private node, else the same after
 * installing it. `ROOMCAST_BROKER=docker` or `=local` asks for one of the kinds and for nothing else.
 */
export async function findBroker(options: BrokerOptions): Promise<Broker> {
  const { env, say } = options;
  const url = env['AMQP_URL'];
  if (url === undefined || url === '' || forcedKind(env) !== undefined) return findOwnBroker(options);
  const broker = await useGivenBroker(url, options);
  say(`broker: ${broker.describe}`);
  return broker;
}

/** A broker that is ours to break and to stop: never the one of AMQP_URL. */
export async function findOwnBroker(options: BrokerOptions): Promise<OwnBroker> {
  const { env, say, signal } = options;
  const forced = forcedKind(env);
  const reasons: string[] = [];
  for (const kind of forced === undefined ? kinds : [forced]) {
    signal?.throwIfAborted();
    const attempt = await attempts[kind](options, forced !== undefined);
    if ('broker' in attempt) {
      say(`broker: ${attempt.broker.describe}`);
      return attempt.broker;
    }
    signal?.throwIfAborted();
    say(`broker: passing over ${names[kind]}: ${attempt.passedOver}`);
    reasons.push(attempt.passedOver);
  }
  throw new BrokerError(explain(forced, reasons));
}

const names: Readonly<Record<Kind, string>> = { docker: 'Docker', local: 'a private node' };

const attempts: Readonly<Record<Kind, (options: BrokerOptions, forced: boolean) => Promise<Attempt>>> = {
  docker: async (options, forced) => {
    const { node } = process.versions;
    const older = node.localeCompare(MIN_NODE_FOR_DOCKER_TESTS, 'en', { numeric: true }) < 0;
    if (options.lifetime === 'kept' || !older) return tryDocker(options);
    if (forced) return tryDocker({ ...options, startContainer: undefined });
    return { passedOver: `containers in tests need Node ${MIN_NODE_FOR_DOCKER_TESTS}, this is ${node}` };
  },
  local: async (options) => {
    const attempt = await tryPrivateNode(options);
    if ('broker' in attempt) return attempt;
    const obstacle = aptObstacle();
    if (obstacle !== undefined) return { passedOver: `${attempt.passedOver}, and ${obstacle}` };
    await aptInstallRabbit(options.say, options.signal);
    return tryPrivateNode(options);
  },
};

/** Why ROOMCAST_BROKER asks for nothing that there is; `undefined` if it does not. */
export function brokerKindProblem(wanted: string | undefined): string | undefined {
  if (wanted === undefined || wanted === '' || kinds.some((known) => known === wanted)) return undefined;
  return `expected ${kinds.join(' or ')}, or nothing for whichever is there`;
}

function forcedKind(env: BrokerOptions['env']): Kind | undefined {
  const wanted = env['ROOMCAST_BROKER'];
  const problem = brokerKindProblem(wanted);
  if (problem !== undefined) throw new BrokerError(`ROOMCAST_BROKER: ${problem}.`);
  return kinds.find((known) => known === wanted);
}

function explain(forced: Kind | undefined, reasons: readonly string[]): string {
  const why = reasons.map((reason) => `  - ${reason}`).join('\n');
  const asked = forced === undefined ? '' : ` of the kind that ROOMCAST_BROKER=${forced} asks for`;
  return [
    `Found no RabbitMQ${asked}:`,
    why,
    'Give it one of these:',
    '  - a broker that runs somewhere: AMQP_URL=amqp://user:password@host:5672 npm start',
    '  - a Docker engine that can run rabbitmq:4-management',
    '  - RabbitMQ 3.10 or newer on the PATH, such as: sudo apt-get install rabbitmq-server, brew install rabbitmq',
  ].join('\n');
}
