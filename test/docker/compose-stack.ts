import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { startGuardian } from '../../dev/broker/guardian.ts';
import { runCommand } from '../../dev/broker/processes.ts';
import { findFreePorts } from './free-ports.ts';

/** A first build fetches its base image and every package. */
const COMMAND_MS = 600_000;
const IMAGE = 'roomcast-test';
const LOG_LINES_ON_FAILURE = 40;

/** A blank value means the default. */
const leftToDefault = [
  ...['AMQP_URL', 'RABBITMQ_PASSWORD', 'RABBITMQ_MANAGEMENT_URL', 'PUBLISH_ADDRESS', 'PROXY_ADDRESS'],
  ...['JWT_SECRET_FILE', 'INGEST_API_KEYS_FILE', 'PROXY_CERTIFICATES', 'PROXY_REAL_IP'],
  ...['EASYAPPOINTMENTS_API_TOKEN', 'EASYAPPOINTMENTS_API_TOKEN_FILE'],
] as const;

const Container = z.object({
  ID: z.string(),
  Name: z.string(),
  Service: z.string(),
  State: z.string(),
  Health: z.string(),
});
export type Container = z.infer<typeof Container>;

export interface StackPorts {
  readonly http: number;
  readonly webSocket: number;
  readonly health: number;
  readonly proxy: number;
}

/** docker-compose.yml as it stands, as a project of its own with ports, secrets and volumes of its own. */
export class ComposeStack {
  private constructor(
    readonly project: string,
    readonly image: string,
    readonly ports: StackPorts,
    readonly secret: string,
    readonly key: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Brings a stack up for `work` and takes it down with its volumes, whatever became of the work. */
  static async use(profiles: readonly string[], work: (stack: ComposeStack) => Promise<void>): Promise<void> {
    const project = `roomcast-test-${randomBytes(4).toString('hex')}`;
    const stack = await ComposeStack.#describe(project, profiles);
    const guardian = startGuardian('docker compose -p "$1" down --volumes --timeout 5', [project]);
    try {
      await stack.compose(['up', '--build', '--detach', '--wait']);
      await work(stack);
    } catch (error) {
      await stack.#showLogs();
      throw error;
    } finally {
      await stack.compose(['down', '--volumes', '--remove-orphans', '--timeout', '5']);
      await guardian.dismiss();
    }
  }

  static async #describe(project: string, profiles: readonly string[]): Promise<ComposeStack> {
    const first = await findFreePorts(4);
    const ports = { http: first, webSocket: first + 1, health: first + 2, proxy: first + 3 };
    const secret = randomBytes(32).toString('hex');
    const key = randomBytes(32).toString('hex');
    const env = {
      ...process.env,
      COMPOSE_PROJECT_NAME: project,
      COMPOSE_PATH_SEPARATOR: ':',
      COMPOSE_FILE: 'docker-compose.yml:test/docker/compose.yml',
      COMPOSE_PROFILES: profiles.join(','),
      // What is set here wins over the .env of the checkout.
      ...Object.fromEntries(leftToDefault.map((name) => [name, ''])),
      ROOMCAST_IMAGE: IMAGE,
      JWT_SECRET: secret,
      INGEST_API_KEYS: key,
      INGEST_PUBLISH_PORTS: String(ports.http),
      WEBSOCKET_PUBLISH_PORT: String(ports.webSocket),
      HEALTH_PUBLISH_PORT: String(ports.health),
      PROXY_HTTP_PORT: String(ports.proxy),
      PROXY_INGEST: 'on',
    };
    return new ComposeStack(project, IMAGE, ports, secret, key, env);
  }

  /** One call of docker compose in the environment of this stack; a failure is thrown in its own words. */
  compose(args: readonly string[]): Promise<string> {
    return this.#run('docker', ['compose', ...args]);
  }

  /** A line of the documentation, as somebody types it into a shell. */
  type(line: string): Promise<string> {
    return this.#run('sh', ['-c', line]);
  }

  async containers(): Promise<readonly Container[]> {
    const lines = await this.compose(['ps', '--all', '--format', 'json']);
    return lines
      .trim()
      .split('\n')
      .map((line) => Container.parse(JSON.parse(line)));
  }

  /** As `docker restart` does it: politely, with the time that the compose file gives; resolves when all is healthy. */
  async restart({ ID }: Container): Promise<void> {
    await this.#run('docker', ['restart', ID]);
    await this.compose(['up', '--detach', '--wait', '--no-build', '--no-recreate']);
  }

  /** Leads to the broker, from here; the port changes with each start of the container. */
  async brokerUrl(): Promise<string> {
    const address = await this.compose(['port', 'rabbitmq', '5672']);
    return `amqp://roomcast:roomcast@${address.trim()}`;
  }

  async #showLogs(): Promise<void> {
    const tail = ['logs', '--no-color', '--timestamps', '--tail', String(LOG_LINES_ON_FAILURE)];
    const shown = await Promise.all(
      [['ps', '--all'], tail].map((args) => this.compose(args).catch((error: unknown) => String(error))),
    );
    process.stderr.write(`\n${shown.join('\n')}\n`);
  }

  async #run(command: string, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runCommand(command, args, {
      timeoutMs: COMMAND_MS,
      env: this.env,
    });
    if (code === 0) return stdout;
    throw new Error(`${command} ${args.join(' ')} failed (${code ?? 'no exit code'}): ${stderr || stdout}`);
  }
}
