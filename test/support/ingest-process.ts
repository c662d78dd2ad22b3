import { healthUntil, isReady } from './health.ts';
import { ServiceProcess } from './service-process.ts';
import { TEST_KEY, worldEnv } from './world.ts';

/** Ingest as an operator runs it, healthy, with what a test asks of it over HTTP. */
export class IngestProcess {
  private constructor(
    readonly service: ServiceProcess,
    readonly httpPort: number,
    readonly healthPort: number,
  ) {}

  static async start(amqpUrl: string, env: Readonly<Record<string, string>> = {}): Promise<IngestProcess> {
    const service = new ServiceProcess('ingest', worldEnv(amqpUrl, env));
    const { httpPort, healthPort } = await service.said('ingest is listening');
    const ingest = new IngestProcess(service, Number(httpPort), Number(healthPort));
    await ingest.ready();
    return ingest;
  }

  async ready(): Promise<void> {
    await healthUntil(this.healthPort, isReady);
  }

  /** Sends a webhook; the status of the answer, `undefined` where none came. */
  async webhook(body: unknown): Promise<number | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.httpPort}/webhooks/easyappointments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-ea-token': TEST_KEY },
        body: JSON.stringify(body),
      });
      await response.text();
      return response.status;
    } catch {
      return undefined;
    }
  }

  /** How many events it has announced that came by an entrance. */
  async announced(entrance = 'webhook'): Promise<number> {
    const page = await (await fetch(`http://127.0.0.1:${this.healthPort}/metrics`)).text();
    const name = `roomcast_ingest_events_accepted_total{entrance="${entrance}"} `;
    const line = page.split('\n').find((text) => text.startsWith(name));
    return Number(line?.slice(name.length) ?? 0);
  }

  /** As a machine that loses power. */
  async kill(): Promise<void> {
    this.service.signal('SIGKILL');
    await this.service.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
  }
}
