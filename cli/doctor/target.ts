import { z } from 'zod';
import { commonVariables, ConfigError, readVariables } from '../../shared/config/env.ts';
import { DeliveryVariables } from '../../services/delivery/config.ts';
import { readSigner } from '../../services/delivery/sign-token.ts';
import { IngestVariables } from '../../services/ingest/config.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface Given {
  readonly url?: URL;
  readonly ingestUrl?: URL;
  readonly token?: string;
  readonly waitMs: number;
}

/** What the checks look at. A setting that cannot be used is absent here, and a finding of `settings`. */
export interface Target {
  readonly env: Env;
  /** Whose settings are here: each container has those of one service. */
  readonly here: { readonly delivery: boolean; readonly ingest: boolean };
  /** Of the WebSocket, as clients reach it. */
  readonly delivery: URL | undefined;
  readonly ingest: URL | undefined;
  /** Health ports of both services. */
  readonly health: readonly URL[];
  /** Every node. */
  readonly brokers: readonly URL[];
  readonly token: string | undefined;
  readonly sign: ReturnType<typeof readSigner> | undefined;
  readonly key: string | undefined;
  readonly waitMs: number;
}

const tokenKeys = ['JWT_SECRET', 'JWT_PUBLIC_KEYS_FILE', 'JWT_JWKS_URL'];

/** A setting, or the file that has it. */
export function isSet(env: Env, name: string): boolean {
  return [name, `${name}_FILE`].some((one) => (env[one] ?? '').trim() !== '');
}

export function targetOf(env: Env, given: Given): Target {
  const asked = given.url !== undefined || given.ingestUrl !== undefined;
  const some = {
    delivery: tokenKeys.some((name) => isSet(env, name)),
    ingest: isSet(env, 'INGEST_API_KEYS'),
  };
  // With nothing set and nothing asked for, both are missing.
  const here = some.delivery || some.ingest || asked ? some : { delivery: true, ingest: true };
  const isService = here.delivery || here.ingest;
  const webSocketPort = read(DeliveryVariables.shape, 'WEBSOCKET_PORT', env) ?? 8080;
  const ingestPort = read(IngestVariables.shape, 'INGEST_PORT', env) ?? 8082;
  const local = (port: number) => new URL(`http://127.0.0.1:${port}`);
  const { JWT_SECRET } = DeliveryVariables.shape;
  const hasSecret = (read({ JWT_SECRET }, 'JWT_SECRET', env)?.reveal() ?? []).length > 0;
  return {
    env,
    here,
    delivery: given.url ?? (here.delivery ? new URL(`ws://127.0.0.1:${webSocketPort}/ws`) : undefined),
    ingest: given.ingestUrl ?? (here.ingest ? local(ingestPort) : undefined),
    health: healthOf(env, here, local),
    brokers: isService || isSet(env, 'AMQP_URL') ? brokersOf(env) : [],
    token: given.token,
    sign: hasSecret ? attempt(() => readSigner(env)) : undefined,
    key: read(IngestVariables.shape, 'INGEST_API_KEYS', env)?.reveal()[0],
    waitMs: given.waitMs,
  };
}

/** The peers of the status page are all of them; without, those that are here. */
function healthOf(env: Env, here: Target['here'], local: (port: number) => URL): readonly URL[] {
  const peers = read(commonVariables, 'STATUS_PEERS', env) ?? [];
  if (peers.length > 0) return peers.map((peer) => new URL(peer));
  const ports = [
    here.delivery ? read(DeliveryVariables.shape, 'HEALTH_PORT', env) : undefined,
    here.ingest ? read(IngestVariables.shape, 'HEALTH_PORT', env) : undefined,
  ];
  return ports.filter((port) => port !== undefined).map(local);
}

function brokersOf(env: Env): readonly URL[] {
  const urls = read(commonVariables, 'AMQP_URL', env)?.reveal() ?? '';
  return urls === '' ? [] : urls.split(',').map((url) => new URL(url.trim()));
}

/** One setting, whatever is wrong with the others; `undefined` where it cannot be used. */
function read<Shape extends z.core.$ZodLooseShape, Name extends keyof Shape & string>(
  shape: Shape,
  name: Name,
  env: Env,
): z.output<Shape[Name]> | undefined {
  const one = z.object({ [name]: shape[name] as z.ZodType });
  const values = attempt(() => readVariables(one, env));
  return values === undefined ? undefined : (Object.values(values)[0] as z.output<Shape[Name]>);
}

function attempt<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
