import { RoomcastClient, type ClientOptions } from '../../../client/src/client.ts';
import type { RoomcastError } from '../../../client/src/errors.ts';
import type { RoomcastEvent } from '../../../client/src/frames.ts';
import type { Snapshot } from '../../../client/src/shown-status.ts';
import { transportOf, type TransportOptions } from '../../../client/src/transport-of.ts';
import { FakePlatform } from './fake-platform.ts';
import { ModelServer } from './model-server.ts';

type PhoneOptions = Partial<ClientOptions> &
  Partial<TransportOptions> & {
    /** How long its tokens are good. */
    readonly tokenMs?: number;
  };

/** An app with the client, on the clock of a test, before a model of the server. */
export class Phone {
  readonly clock = new FakePlatform();
  readonly server = new ModelServer(this.clock);
  readonly client: RoomcastClient;
  readonly events: RoomcastEvent[] = [];
  readonly gaps: string[] = [];
  readonly errors: RoomcastError[] = [];
  readonly snapshots: Snapshot[] = [];
  tokenCalls = 0;

  constructor(options: PhoneOptions = {}) {
    const { WebSocket } = this.server;
    const openLink = transportOf({ url: 'wss://host/ws', WebSocket, ...options } as TransportOptions);
    const { getToken = () => this.server.issue(options.tokenMs) } = options;
    const counted = getToken === null ? null : () => (this.tokenCalls++, getToken());
    this.client = new RoomcastClient(this.clock, openLink, { ...options, getToken: counted });
    this.client.on('event', (event) => this.events.push(event));
    this.client.on('gap', ({ reason }) => this.gaps.push(reason));
    this.client.on('error', (error) => this.errors.push(error));
    this.client.on('status', (snapshot) => this.snapshots.push(snapshot));
  }

  /** Started, and live. */
  static async live(options?: PhoneOptions): Promise<Phone> {
    const phone = new Phone(options);
    phone.client.start();
    await phone.clock.advance(100);
    return phone;
  }

  get ids(): readonly string[] {
    return this.events.map(({ id }) => id);
  }

  get statuses(): readonly string[] {
    return this.snapshots.map(({ status }) => status).filter((status, at, all) => status !== all[at - 1]);
  }

  get status(): string {
    return this.client.getSnapshot().status;
  }
}
