import { CommandError } from '../shared/runtime/command-line.ts';
import { isFree } from './broker/ports.ts';
import type { Environment } from './environment.ts';

/** Both services read HEALTH_PORT, so each has a variable of its own here. */
const variables = {
  webSocket: { name: 'WEBSOCKET_PORT', standard: 8080 },
  webSocketHealth: { name: 'WEBSOCKET_HEALTH_PORT', standard: 8081 },
  ingest: { name: 'INGEST_PORT', standard: 8082 },
  ingestHealth: { name: 'INGEST_HEALTH_PORT', standard: 8083 },
} as const;

export type StartPorts = Readonly<Record<keyof typeof variables, number>>;

/** The four ports from the environment; every one that is taken is named at once. */
export async function freePorts(env: Environment): Promise<StartPorts> {
  const ports: Record<keyof StartPorts, number> = {
    webSocket: 0,
    webSocketHealth: 0,
    ingest: 0,
    ingestHealth: 0,
  };
  const users = new Map<number, string>();
  const problems: string[] = [];
  for (const key of Object.keys(variables) as (keyof StartPorts)[]) {
    const { name, standard } = variables[key];
    const port = portOf(name, env[name] ?? String(standard));
    const other = users.get(port);
    if (other !== undefined) problems.push(`${name} and ${other} are both ${port}: set one to another port.`);
    else if (!(await isFree(port)))
      problems.push(`Port ${port} is taken: stop what uses it, or set ${name} to a free one.`);
    users.set(port, name);
    ports[key] = port;
  }
  if (problems.length > 0) throw new CommandError(problems.join('\n'));
  return ports;
}

function portOf(name: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new CommandError(`${name} is ${text}: expected a port from 1 to 65535.`);
}
