import { lookup } from 'node:dns/promises';
import type { Secret } from '../config/env.ts';

/** Addresses of a host; rejects where it has none. */
export type Resolve = (
  host: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const systemResolve: Resolve = (host) => lookup(host, { all: true });

/** Whether the broker is several nodes, which replicate what is durable and go on without one of them. */
export class Cluster {
  #isOne: boolean;

  constructor(
    private readonly setting: 'auto' | 'on' | 'off',
    private readonly amqpUrl: Secret<string>,
    private readonly resolve: Resolve = systemResolve,
  ) {
    this.#isOne = setting === 'on';
  }

  /** As last found out. */
  get isCluster(): boolean {
    return this.#isOne;
  }

  /** Several nodes listed in AMQP_URL, or several addresses behind a name; once they were seen it stays one, whatever is down. */
  async detect(): Promise<boolean> {
    if (this.setting === 'auto') this.#isOne ||= await this.#hasSeveralNodes();
    return this.#isOne;
  }

  async #hasSeveralNodes(): Promise<boolean> {
    const [first, ...others] = this.amqpUrl
      .reveal()
      .split(',')
      .map((url) => new URL(url.trim()));
    if (others.some(({ host }) => host !== first?.host)) return true;
    const hostname = first?.hostname.replace(/^\[|\]$/g, '') ?? '';
    const addresses = await this.resolve(hostname).catch(() => []);
    // `localhost` has an address of each family, and is one node.
    const nodes = [4, 6].map((family) => addresses.filter((address) => address.family === family).length);
    return Math.max(...nodes) > 1;
  }
}
