import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

export interface Ports {
  readonly amqp: number;
  readonly management: number;
  /** Between Erlang nodes; a container keeps these two to itself. */
  readonly distribution: number;
  readonly epmd: number;
}

/** Below the ranges from which systems take ports of outgoing connections: a port stays ours over a restart. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const MAX_TRIES = 200;

/** The ports in `file` if they are free, so that addresses survive a restart; else new ones, noted there. */
export async function choosePorts(file?: string): Promise<Ports> {
  const before = file === undefined ? undefined : readPorts(file);
  if (before !== undefined && (await areFree(Object.values(before)))) return before;
  const [amqp, management, distribution, epmd] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const ports: Ports = { amqp, management, distribution, epmd };
  if (new Set(Object.values(ports)).size < 4) return choosePorts(file);
  if (file !== undefined) writeFileSync(file, JSON.stringify(ports));
  return ports;
}

async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isFree(port)) return port;
  }
  throw new Error(`found no free port from ${FIRST_PORT} to ${LAST_PORT}`);
}

export async function areFree(ports: readonly number[]): Promise<boolean> {
  const free = await Promise.all(ports.map((port) => isFree(port)));
  return free.every(Boolean);
}

export async function isFree(port: number): Promise<boolean> {
  return (await probePort(port)) === undefined;
}

/**
 * Why we cannot listen on a port, as the code of an error; `undefined` if we can. Asks for every address at once, because a
 * listener on any of them is in the way of one on all.
 */
export function probePort(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function readPorts(file: string): Ports | undefined {
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Partial<Ports>;
    const { amqp, management, distribution, epmd } = found;
    const complete = [amqp, management, distribution, epmd].every((port) => Number.isInteger(port));
    return complete ? (found as Ports) : undefined;
  } catch {
    return undefined;
  }
}

export function addresses({ amqp, management }: Ports): { url: string; managementUrl: string } {
  return {
    url: `amqp://guest:guest@127.0.0.1:${amqp}`,
    managementUrl: `http://guest:guest@127.0.0.1:${management}`,
  };
}
