import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { z } from 'zod';
import { jsonIn } from '../../shared/contract/control.ts';
import { HISTORY } from '../../shared/contract/topology.ts';
import { startGuardian } from '../../tools/broker/guardian.ts';
import { runCommand } from '../../tools/broker/processes.ts';
import { freePort, type BrokerAddress } from '../../tools/broker/ports.ts';
import { freshClone } from './fresh-clone.ts';
import { ShellCommand } from './shell-command.ts';

/** A first build fetches its base image and every package. */
const COMMAND_MS = 600_000;
const IMAGE = 'roomcast-test';
/** Of its own: a build beside it that moves the name leaves a container whose image has none. */
const IMAGE_OF_CLONE = 'roomcast-test-clone';
const LOG_LINES_ON_FAILURE = 40;
const WARNINGS_SHOWN = 5;

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
  readonly ingestHealth: number;
  readonly proxy: number;
}

interface Outline {
  readonly project: string;
  /** The checkout in which its commands are typed. */
  readonly folder: string;
  readonly image: string;
  readonly ports: StackPorts;
  readonly env: NodeJS.ProcessEnv;
}

/** docker-compose.yml as it stands, as a project of its own with ports, secrets and volumes of its own. */
export class ComposeStack {
  private constructor(
    private readonly outline: Outline,
    readonly secret: string,
    readonly key: string,
  ) {}

  get project(): string {
    return this.outline.project;
  }

  get folder(): string {
    return this.outline.folder;
  }

  get image(): string {
    return this.outline.image;
  }

  get ports(): StackPorts {
    return this.outline.ports;
  }

  /** Brings a stack up for `work` and takes it down with its volumes, whatever became of the work. */
  static async use(profiles: readonly string[], work: (stack: ComposeStack) => Promise<void>): Promise<void> {
    const outline = await outlineOf(process.cwd(), IMAGE, profiles);
    const secret = randomBytes(32).toString('hex');
    const key = randomBytes(32).toString('hex');
    const env = { ...outline.env, JWT_SECRET: secret, INGEST_API_KEYS: key };
    const stack = new ComposeStack({ ...outline, env }, secret, key);
    await stack.#during(async () => {
      await stack.compose(['up', '--build', '--detach', '--wait']);
      await work(stack);
    });
  }

  /** As `use`, for the tests of a file: until `end` is called. What fails in one of them goes through `explained`. */
  static start(profiles: readonly string[]): Promise<{ stack: ComposeStack; end: () => Promise<void> }> {
    return new Promise((resolve, reject) => {
      const used = ComposeStack.use(profiles, (stack) => {
        return new Promise<void>((ended) => {
          const end = () => {
            ended();
            return used;
          };
          resolve({ stack, end });
        });
      });
      used.catch(reject);
    });
  }

  /** Nothing but a checkout: what `work` types makes the secrets and brings it up. It is taken down all the same. */
  static async inFreshClone(work: (stack: ComposeStack) => Promise<void>): Promise<void> {
    const folder = freshClone();
    try {
      const outline = await outlineOf(folder, IMAGE_OF_CLONE, []);
      const env = { ...outline.env, JWT_SECRET: undefined, INGEST_API_KEYS: undefined };
      const stack = new ComposeStack({ ...outline, env }, '', '');
      await stack.#during(() => work(stack));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async #during(work: () => Promise<void>): Promise<void> {
    const guardian = startGuardian('docker compose -p "$1" down --volumes --timeout 5', [this.project]);
    try {
      await this.explained(work);
    } finally {
      await this.#takeDown();
      await guardian.dismiss();
    }
  }

  /** Prints the last lines of each container where the work fails. */
  async explained(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.#showLogs();
      throw error;
    }
  }

  /** One call of docker compose in the environment of this stack; a failure is thrown in its own words. */
  compose(args: readonly string[]): Promise<string> {
    return this.#run('docker', ['compose', ...args]);
  }

  /** Lines of the documentation, as somebody types them into a shell, on the ports of this stack. */
  type(lines: string): Promise<string> {
    return this.#run('sh', ['-ec', this.#onOwnPorts(lines)]);
  }

  /** As `type`, for a command that goes on until it is ended. */
  open(line: string): ShellCommand {
    const { env, folder } = this.outline;
    return new ShellCommand(this.#onOwnPorts(line), { env, cwd: folder });
  }

  async containers(): Promise<readonly Container[]> {
    const lines = await this.compose(['ps', '--all', '--format', 'json']);
    return lines
      .trim()
      .split('\n')
      .map((line) => Container.parse(JSON.parse(line)));
  }

  /** Names of the containers and volumes that the engine still has of this project. */
  async leftovers(): Promise<readonly string[]> {
    const mine = ['--filter', `label=com.docker.compose.project=${this.project}`];
    const found = await Promise.all([
      this.#run('docker', ['ps', '--all', '--format', '{{.Names}}', ...mine]),
      this.#run('docker', ['volume', 'ls', '--format', '{{.Name}}', ...mine]),
    ]);
    return found.flatMap((names) => names.split('\n').filter((name) => name !== ''));
  }

  /** As `docker restart` does it: politely, with the time that the compose file gives; resolves when all is healthy. */
  async restart({ ID }: Container): Promise<void> {
    await this.#run('docker', ['restart', ID]);
    await this.compose(['up', '--detach', '--wait', '--no-build', '--no-recreate']);
  }

  /** Leads to a node of the broker, from here; the ports change with each start of the container. */
  async brokerAddress(node = 'rabbitmq'): Promise<BrokerAddress> {
    const [amqp, management] = await Promise.all(
      ['5672', '15672'].map((port) => this.compose(['port', node, port])),
    );
    return {
      url: `amqp://roomcast:roomcast@${amqp?.trim()}`,
      managementUrl: `http://roomcast:roomcast@${management?.trim()}`,
    };
  }

  /** By the project's name alone, so that it works whatever the checkout lacks. */
  async #takeDown(): Promise<void> {
    const env = { ...this.outline.env, COMPOSE_FILE: undefined };
    const down = ['down', '--volumes', '--remove-orphans', '--timeout', '5'];
    await this.#run('docker', ['compose', '--project-name', this.project, ...down], { env, cwd: '/' });
  }

  #onOwnPorts(lines: string): string {
    const { http, webSocket, health, ingestHealth } = this.ports;
    const own = { 8080: webSocket, 8081: health, 8082: http, 8083: ingestHealth };
    return Object.entries(own).reduce(
      (text, [documented, port]) => text.replaceAll(`:${documented}/`, `:${port}/`),
      lines,
    );
  }

  /** Of a cluster, in few lines: which nodes have the history, and what each instance has warned of last. */
  async condition(): Promise<string> {
    const services = (await this.containers()).filter(({ Service }) => /^(ingest|websocket)/.test(Service));
    const said = await Promise.all([
      this.#tried(['exec', '-T', 'rabbitmq', ...STREAM_STATUS, HISTORY]),
      ...services.map(async ({ Service, Name }) => {
        const lines = await this.#tried(['logs', '--no-log-prefix', Service]);
        return `${Name}: ${warningsIn(lines).slice(-WARNINGS_SHOWN).join('; ')}`;
      }),
    ]);
    return said.join('\n');
  }

  #tried(args: readonly string[]): Promise<string> {
    return this.compose(args).catch((error: unknown) => String(error));
  }

  async #showLogs(): Promise<void> {
    const tail = ['logs', '--no-color', '--timestamps', '--tail', String(LOG_LINES_ON_FAILURE)];
    const shown = await Promise.all([['ps', '--all'], tail].map((args) => this.#tried(args)));
    process.stderr.write(`\n${shown.join('\n')}\n`);
  }

  async #run(
    command: string,
    args: readonly string[],
    place: { env: NodeJS.ProcessEnv; cwd: string } = { env: this.outline.env, cwd: this.outline.folder },
  ): Promise<string> {
    const options = { ...place, timeoutMs: COMMAND_MS };
    const { code, stdout, stderr } = await runCommand(command, args, options);
    if (code === 0) return stdout;
    throw new Error(`${command} ${args.join(' ')} failed (${code ?? 'no exit code'}): ${stderr || stdout}`);
  }
}

const LogLine = z.object({
  level: z.number(),
  time: z.number(),
  msg: z.string(),
  err: z.object({ message: z.string() }).optional(),
});
const WARN = 40;
const STREAM_STATUS = ['rabbitmq-streams', '--quiet', '--formatter=json', 'stream_status'];

function warningsIn(log: string): readonly string[] {
  return log.split('\n').flatMap((line) => {
    const { data } = LogLine.safeParse(jsonIn(Buffer.from(line)));
    if (data === undefined || data.level < WARN) return [];
    const { time, msg, err } = data;
    return [`${new Date(time).toISOString()} ${msg}${err === undefined ? '' : ` (${err.message})`}`];
  });
}

async function outlineOf(folder: string, image: string, profiles: readonly string[]): Promise<Outline> {
  const project = `roomcast-test-${randomBytes(4).toString('hex')}`;
  const ports = {
    http: await freePort(),
    webSocket: await freePort(),
    health: await freePort(),
    ingestHealth: await freePort(),
    proxy: await freePort(),
  };
  const env = {
    ...process.env,
    COMPOSE_PROJECT_NAME: project,
    COMPOSE_PATH_SEPARATOR: ':',
    COMPOSE_FILE: 'docker-compose.yml:test/docker/compose.yml',
    COMPOSE_PROFILES: profiles.join(','),
    // What is set here wins over the .env of the checkout.
    ...Object.fromEntries(leftToDefault.map((name) => [name, ''])),
    ROOMCAST_IMAGE: image,
    INGEST_PUBLISH_PORTS: String(ports.http),
    WEBSOCKET_PUBLISH_PORT: String(ports.webSocket),
    HEALTH_PUBLISH_PORT: String(ports.health),
    INGEST_HEALTH_PUBLISH_PORT: String(ports.ingestHealth),
    PROXY_HTTP_PORT: String(ports.proxy),
    PROXY_INGEST: 'on',
  };
  return { project, folder, image, ports, env };
}
