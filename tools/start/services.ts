import type { Broker } from '../broker/broker.ts';
import { endInShell, startGuardian, type Guardian } from '../broker/guardian.ts';
import type { Environment } from '../environment.ts';
import { forgetStart, recordStart } from './leftovers.ts';
import type { StartPorts } from './ports.ts';
import { ServiceProcess } from './service-process.ts';

const GUARDIAN_GRACE_S = 12;

/** The services, and what ends them should we be killed. */
export class Services {
  readonly #ingest: ServiceProcess;
  readonly #delivery: ServiceProcess;
  /** None where it is off. */
  readonly #push: ServiceProcess | undefined;
  readonly #broker: Broker;
  #guardian: Guardian;

  constructor(env: Environment, ports: StartPorts, broker: Broker) {
    this.#broker = broker;
    const common = { ...env, AMQP_URL: broker.handle.url };
    this.#ingest = new ServiceProcess({
      label: 'ingest',
      service: 'ingest',
      env: {
        STATUS_PEERS: `http://127.0.0.1:${ports.webSocketHealth}`,
        ...common,
        INGEST_PORT: String(ports.ingest),
      },
      healthPort: ports.ingestHealth,
    });
    this.#delivery = new ServiceProcess({
      label: 'websocket',
      service: 'delivery',
      env: {
        STATUS_PEERS: `http://127.0.0.1:${ports.ingestHealth}`,
        // Few sessions, and a person who waits for the stop.
        DRAIN_SPREAD_MS: '500',
        ...common,
        WEBSOCKET_PORT: String(ports.webSocket),
      },
      healthPort: ports.webSocketHealth,
    });
    this.#push =
      env['PUSH']?.trim() === 'on'
        ? new ServiceProcess({ label: 'push', service: 'push', env: common, healthPort: ports.pushHealth })
        : undefined;
    this.#guardian = this.#guard();
  }

  get #all(): readonly ServiceProcess[] {
    return [this.#ingest, this.#delivery, ...(this.#push === undefined ? [] : [this.#push])];
  }

  async untilReady(): Promise<void> {
    await Promise.all(this.#all.map((service) => service.untilReady()));
  }

  /** Rejects when one ends by itself. */
  untilEnded(): Promise<never> {
    return Promise.race(this.#all.map((service) => service.untilEnded()));
  }

  /** As a deployment does it: it drains, and another one comes. Resolves once that is ready. */
  async restartDelivery(): Promise<void> {
    await this.#delivery.restart(async () => {
      const before = this.#guardian;
      this.#guardian = this.#guard();
      await before.dismiss();
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((service) => service.stop()));
    forgetStart();
    await this.#guardian.dismiss();
  }

  kill(): void {
    for (const service of this.#all) service.kill();
  }

  #guard(): Guardian {
    const pids = this.#all.flatMap(({ pid }) => pid ?? []);
    recordStart(pids, this.#broker.handle);
    return startGuardian(endInShell(pids, GUARDIAN_GRACE_S), []);
  }
}
