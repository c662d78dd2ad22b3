import type { Options } from 'amqplib';

const HEARTBEAT_S = 5;

/** The nodes of one broker, tried in turn: amqplib reads its target, which is this object, anew for every attempt. */
export class BrokerAddresses implements Options.Connect {
  readonly #urls: readonly URL[];
  #current: number;

  /** `urls`: amqp:// or amqps://, separated by commas. Instances begin at different nodes. */
  constructor(urls: string) {
    this.#urls = urls.split(',').map((url) => new URL(url.trim()));
    this.#current = Math.floor(Math.random() * this.#urls.length);
  }

  next(): void {
    this.#current = (this.#current + 1) % this.#urls.length;
  }

  /** Host and port, without user and password. */
  get host(): string {
    return this.#url.host;
  }

  get protocol(): string {
    return this.#url.protocol.replace(':', '');
  }

  get hostname(): string {
    return this.#url.hostname.replace(/^\[|\]$/g, '');
  }

  get port(): number {
    return Number(this.#url.port) || (this.protocol === 'amqps' ? 5671 : 5672);
  }

  get username(): string {
    return decodeURIComponent(this.#url.username) || 'guest';
  }

  get password(): string {
    return decodeURIComponent(this.#url.password) || 'guest';
  }

  /** As in the URL, percent-encoded; amqplib decodes it. Without a path it is the default `/`. */
  get vhost(): string {
    return this.#url.pathname.slice(1) || '%2F';
  }

  /** Seconds; a dead peer is noticed within about twice this. */
  get heartbeat(): number {
    return Number(this.#url.searchParams.get('heartbeat') ?? HEARTBEAT_S);
  }

  get #url(): URL {
    const url = this.#urls[this.#current];
    if (url === undefined) throw new Error('AMQP_URL names no broker');
    return url;
  }
}
