import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { z } from 'zod';
import { claimPort } from './port-claims.ts';

const portsSchema = z.object({
  amqp: z.int(),
  management: z.int(),
  /** Between Erlang nodes, as `epmd` is; a container keeps these two to itself. */
  distribution: z.int(),
  epmd: z.int(),
});
export type Ports = Readonly<z.infer<typeof portsSchema>>;

export interface BrokerAddress {
  /** With user and password. */
  readonly url: string;
  /** Of the management HTTP API, with user and password. */
  readonly managementUrl: string;
}

/** Below the ranges from which systems take ports of outgoing connections: a port stays ours over a restart. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const MAX_TRIES = 200;

/** The ports in `file` if they are free, so that addresses survive a restart; else new ones, noted there. */
export async function choosePorts(file?: string): Promise<Ports> {
  const before = file === undefined ? undefined : readPorts(file);
  if (before !== undefined && (await areFree(Object.values(before)))) return before;
  const ports = await findPorts();
  if (file !== undefined) writeFileSync(file, JSON.stringify(ports));
  return ports;
}

/** For what cannot choose a port itself and say which. No other process is given the same while this one runs. */
export async function freePort(first = FIRST_PORT, last = LAST_PORT): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = randomInt(first, last);
    if (claimPort(port) && (await isFree(port))) return port;
  }
  throw new Error(`found no free port from ${first} to ${last}`);
}

async function findPorts(): Promise<Ports> {
  return {
    amqp: await freePort(),
    management: await freePort(),
    distribution: await freePort(),
    epmd: await freePort(),
  };
}

export async function areFree(ports: readonly number[]): Promise<boolean> {
  const free = await Promise.all(ports.map((port) => isFree(port)));
  return free.every(Boolean);
}

async function isFree(port: number): Promise<boolean> {
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
    return portsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export function addresses({ amqp, management }: Ports): BrokerAddress {
  return {
    url: `amqp://guest:guest@127.0.0.1:${amqp}`,
    managementUrl: `http://guest:guest@127.0.0.1:${management}`,
  };
}
