/** Wide: a deadline tells a hang from a slow machine, it times nothing. */
const DEADLINE_MS = 30_000;
const POLL_MS = 25;

export interface Health {
  readonly code: number;
  readonly body: {
    readonly status: string;
    readonly stats: Readonly<Record<string, number>>;
    readonly broker: { readonly state: string; readonly reason?: string };
    readonly queues: readonly { name: string; messages: number; consumers: number }[];
    readonly reasons: readonly { code: string; message: string }[];
  };
}

export async function readHealth(port: number, path = '/health'): Promise<Health> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { code: response.status, body: (await response.json()) as Health['body'] };
}

/** Polls the health page, as a monitor does, until it says what is waited for. */
export async function healthUntil(port: number, holds: (health: Health) => boolean): Promise<Health> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const health = await readHealth(port);
    if (holds(health)) return health;
    if (Date.now() > deadline) throw new Error(`health did not become so: ${JSON.stringify(health)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
