import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { DeliveryService } from '../../services/delivery/service.ts';
import type { IngestService } from '../../services/ingest/service.ts';
import { ServiceProcess } from './service-process.ts';
import type { Starters } from './world.ts';

type Env = Readonly<Record<string, string>>;

const PRELOAD = new URL('../faults/clock-shift.mjs', import.meta.url).href;

/** Both services as an operator runs them, from `dist/`, on a machine whose clock a test sets. */
export class SteppedServices implements Starters {
  readonly #children: ChildProcess[] = [];

  readonly delivery = async (env: Env): Promise<DeliveryService> => {
    const service = this.#start('delivery', env);
    const { ports, instance } = (await service.said('delivery is listening')) as {
      ports: { websocket: number; health: number };
      instance: string;
    };
    return {
      ...running(service),
      ...{ webSocketPort: ports.websocket, healthPort: ports.health, instance },
    };
  };

  readonly ingest = async (env: Env): Promise<IngestService> => {
    const service = this.#start('ingest', env);
    const { httpPort, healthPort } = (await service.said('ingest is listening')) as {
      httpPort: number;
      healthPort: number;
    };
    return { ...running(service), httpPort, healthPort };
  };

  /** Sets the clock so far from the true time; resolves once every service has it. */
  async step(clockShiftMs: number): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const done = once(child, 'message');
        child.send({ clockShiftMs });
        await done;
      }),
    );
  }

  #start(name: 'delivery' | 'ingest', env: Env): ServiceProcess {
    const child = spawn(process.execPath, [`--import=${PRELOAD}`, `dist/services/${name}/main.js`], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#children.push(child);
    return new ServiceProcess(name, env, child);
  }
}

function running(service: ServiceProcess) {
  return {
    failed: new Promise<never>(() => undefined),
    reload: () => service.signal('SIGHUP'),
    /** Fails unless it ended in good order. */
    stop: async () => {
      service.signal('SIGTERM');
      const { code } = await service.exited;
      if (code !== 0) throw new Error(`a service ended with ${code ?? 'a signal'}: ${service.stderr}`);
    },
  };
}
