import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { BrokerNodes } from './broker-nodes.ts';
import { Proxy } from './proxy.ts';
import { checkout, type RunFolder } from './run-folder.ts';
import { ServiceProcess, type ServicePorts } from './service-process.ts';

const SECRET = 'only-for-fault-runs-0123456789-abcdefghij';
const KEY = 'key-for-fault-runs-only';
const READY_MS = 120_000;
const INSTANCES = 2;
/** So few that messages wait at the broker as soon as a process pauses. */
const PREFETCH = 50;
/** A process may be paused and starved meanwhile: one that does not drain at all is still found. */
const DRAIN_TIMEOUT_MS = 60_000;

export type Role = 'ingest' | 'delivery' | 'push';

/** One service process and the network around it. */
export interface Member {
  readonly role: Role;
  readonly name: string;
  readonly process: ServiceProcess;
  /** Between it and the broker, one for each node. */
  readonly links: readonly Proxy[];
  /** Between it and its callers or clients. */
  readonly front: Proxy;
  readonly clockFile: string;
}

const portLines = {
  ingest: z
    .object({ httpPort: z.number(), healthPort: z.number() })
    .transform(({ httpPort, healthPort }): ServicePorts => ({ main: httpPort, health: healthPort })),
  delivery: z
    .object({ ports: z.object({ websocket: z.number(), health: z.number() }) })
    .transform(({ ports }): ServicePorts => ({ main: ports.websocket, health: ports.health })),
  // Nobody calls it.
  push: z
    .object({ healthPort: z.number() })
    .transform(({ healthPort }): ServicePorts => ({ main: healthPort, health: healthPort })),
};

export interface SystemOptions {
  readonly nodes: number;
  readonly hasPush: boolean;
  /** Variables for the services beside what a run needs. */
  readonly env: Readonly<Record<string, string>>;
}

/** The broker, two instances of each service, and a proxy on every connection between any two of them. */
export class System {
  private constructor(
    readonly broker: BrokerNodes,
    readonly members: readonly Member[],
  ) {}

  static async start(folder: RunFolder, { nodes, hasPush, env }: SystemOptions): Promise<System> {
    const broker = await BrokerNodes.start(folder.broker, nodes);
    const roles: readonly Role[] = hasPush ? ['ingest', 'delivery', 'push'] : ['ingest', 'delivery'];
    const members: Member[] = [];
    const system = new System(broker, members);
    try {
      for (const role of roles) {
        for (let index = 0; index < INSTANCES; index += 1) {
          members.push(await createMember(role, `${role}-${index}`, { broker, folder, env }));
        }
      }
      for (const { process } of members) process.start();
      await system.untilHealthy();
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  get secret(): string {
    return SECRET;
  }

  get key(): string {
    return KEY;
  }

  of(role: Role): readonly Member[] {
    return this.members.filter((member) => member.role === role);
  }

  ports(role: Role): readonly number[] {
    return this.of(role).map(({ front }) => front.port);
  }

  async untilHealthy(timeoutMs = READY_MS): Promise<void> {
    await Promise.all(this.members.map(({ process }) => process.untilHealthy(timeoutMs)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map(({ process }) => process.stop()));
    await Promise.all(
      this.members.flatMap(({ links, front }) => [...links, front]).map((proxy) => proxy.close()),
    );
    await this.broker.stop();
  }
}

async function createMember(
  role: Role,
  name: string,
  { broker, folder, env }: { broker: BrokerNodes; folder: RunFolder; env: Readonly<Record<string, string>> },
): Promise<Member> {
  const links = await Promise.all(broker.nodes.map(({ port }) => Proxy.start(port)));
  const front = await Proxy.start();
  const clockFile = join(folder.path, `${name}.clock`);
  writeFileSync(clockFile, '0');
  const clock = pathToFileURL(join(checkout(), 'test', 'faults', 'clock-shift.mjs')).href;
  const process = new ServiceProcess({
    name,
    script: join(folder.dist, 'services', role, 'main.js'),
    args: [`--import=${clock}`],
    env: {
      AMQP_URL: links.map(({ port }) => `amqp://guest:guest@127.0.0.1:${port}`).join(','),
      JWT_SECRET: SECRET,
      INGEST_API_KEYS: KEY,
      WEBSOCKET_PORT: '0',
      INGEST_PORT: '0',
      HEALTH_PORT: '0',
      DELIVERY_PREFETCH: String(PREFETCH),
      DRAIN_TIMEOUT_MS: String(DRAIN_TIMEOUT_MS),
      FAULTS_CLOCK_FILE: clockFile,
      ...env,
    },
    logFile: join(folder.logs, `${name}.log`),
    portsIn: (line) => portLines[role].safeParse(line).data,
    onUp: ({ main }) => (front.targetPort = main),
    onDown: () => (front.targetPort = undefined),
  });
  return { role, name, process, links, front, clockFile };
}
