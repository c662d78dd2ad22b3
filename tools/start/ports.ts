import type { SettingProblem } from '../../shared/config/env.ts';
import { portHolder } from '../broker/port-holder.ts';
import { probePort } from '../broker/ports.ts';
import type { Environment } from '../environment.ts';

/** Both services read HEALTH_PORT, so each has a variable of its own here. */
const variables = {
  webSocket: { name: 'WEBSOCKET_PORT', standard: 8080 },
  webSocketHealth: { name: 'WEBSOCKET_HEALTH_PORT', standard: 8081 },
  ingest: { name: 'INGEST_PORT', standard: 8082 },
  ingestHealth: { name: 'INGEST_HEALTH_PORT', standard: 8083 },
  demo: { name: 'DEMO_PORT', standard: 8084 },
  pushHealth: { name: 'PUSH_HEALTH_PORT', standard: 8085 },
} as const;
const keys = Object.keys(variables) as (keyof typeof variables)[];

export type StartPorts = Readonly<Record<keyof typeof variables, number>>;

/** The ports from the environment, each another one; 0 for one that is none. */
export function readPorts(env: Environment): { ports: StartPorts; problems: readonly SettingProblem[] } {
  const ports = { webSocket: 0, webSocketHealth: 0, ingest: 0, ingestHealth: 0, demo: 0, pushHealth: 0 };
  const problems: SettingProblem[] = [];
  for (const key of keys) {
    const { name, standard } = variables[key];
    const port = portOf(env[name] ?? String(standard));
    const other = keys.find((earlier) => ports[earlier] === port);
    if (port === undefined) problems.push({ name, message: 'expected a port from 1 to 65535' });
    else if (other === undefined) ports[key] = port;
    else {
      const message = `is ${port}, as ${variables[other].name} is: set one to another port`;
      problems.push({ name, message });
    }
  }
  return { ports, problems };
}

/** Those of the ports on which we cannot listen. */
export async function takenPorts(ports: StartPorts): Promise<readonly SettingProblem[]> {
  const problems: SettingProblem[] = [];
  for (const key of keys) {
    const { name } = variables[key];
    const port = ports[key];
    const obstacle = port === 0 ? undefined : await probePort(port);
    if (obstacle === 'EADDRINUSE') {
      const holder = portHolder(port);
      const by = holder === undefined ? '' : ` by ${holder}`;
      const message = `port ${port} is taken${by}: stop what uses it, or set ${name} to a free one`;
      problems.push({ name, message });
    } else if (obstacle !== undefined) {
      const message = `port ${port} is not ours to listen on (${obstacle}): set ${name} to one above 1023`;
      problems.push({ name, message });
    }
  }
  return problems;
}

function portOf(text: string): number | undefined {
  const port = Number(text);
  return /^\d+$/.test(text) && port >= 1 && port <= 65_535 ? port : undefined;
}
