import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** A `PUT /v1/devices/{id}` of a browser: whole, and nothing else. */
const Registration = z.strictObject({
  kind: z.literal('webpush'),
  subscription: z.object({
    endpoint: z.url(),
    keys: z.object({ p256dh: z.string(), auth: z.string() }),
  }),
  language: z.string(),
});
type Registration = z.infer<typeof Registration>;

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What delivery answers to those who register devices, on an origin of its own. */
export class DeviceServer implements AsyncDisposable {
  /** Of its VAPID keys: a point of P-256, as servers write it. */
  key = `B${'k'.repeat(86)}`;
  readonly token = 'of provider 4';
  readonly devices = new Map<string, Registration>();
  readonly asked: string[] = [];
  /** For the next calls, in place of what they would be answered. */
  readonly refusals: Answer[] = [];

  readonly #registrations = new EventEmitter();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<DeviceServer> {
    const server = createServer((request, response) => {
      body(request)
        .then((text) => {
          const { status, headers, json } = devices.#answer(request, text);
          response.writeHead(status, {
            'access-control-allow-origin': '*',
            'access-control-allow-methods': 'GET, PUT, DELETE',
            'access-control-allow-headers': 'Authorization, Content-Type',
            ...headers,
          });
          response.end(json && JSON.stringify(json));
        })
        .catch((error: unknown) => response.writeHead(400).end(String(error)));
    });
    const devices = new DeviceServer(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return devices;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  #answer({ method = '', url = '', headers }: IncomingMessage, text: string): Answer & { json?: object } {
    if (method === 'OPTIONS') return { status: 204 };
    this.asked.push(`${method} ${url}`);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return refusal;
    if (headers.authorization !== `Bearer ${this.token}`) return { status: 401 };
    if (url === '/v1/push/key') return { status: 200, json: { key: this.key } };
    const [, id = ''] = /^\/v1\/devices\/([0-9a-f-]{36})$/.exec(url) ?? [];
    if (method === 'PUT') {
      this.devices.set(id, Registration.parse(JSON.parse(text)));
      this.#registrations.emit('device');
    } else this.devices.delete(id);
    return { status: 204 };
  }

  /** Resolves with the next registration. */
  async registered(): Promise<void> {
    await once(this.#registrations, 'device');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await once(this.server.close(), 'close');
  }
}

async function body(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
