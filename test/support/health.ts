import { scaledMs, WAIT_MS } from './time.ts';

const POLL_MS = 25;

export interface Health {
  readonly code: number;
  readonly body: {
    readonly status: string;
    readonly stats: Readonly<Record<string, number>>;
    readonly broker: { readonly state: string; readonly reason?: string };
    readonly queues: readonly { name: string; messages: number; consumers: number }[];
    readonly reasons: readonly { code: string; message: string; since?: string }[];
  };
}

export async function readHealth(port: number, path = '/health'): Promise<Health> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { code: response.status, body: (await response.json()) as Health['body'] };
}

/** Takes work; a slow machine may be `degraded` for as long as it is slow. */
export function isReady({ code, body }: Health): boolean {
  return code === 200 && body.broker.state === 'connected';
}

/** Polls the health page, as a monitor does, until it says what is waited for. */
export async function healthUntil(port: number, holds: (health: Health) => boolean): Promise<Health> {
  const deadline = performance.now() + scaledMs(WAIT_MS);
  for (;;) {
    const health = await readHealth(port);
    if (holds(health)) return health;
    if (performance.now() > deadline) throw new Error(`health did not become so: ${JSON.stringify(health)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
