import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonIn } from '../../../../shared/contract/control.ts';
import type { DeviceRefusal, ShownDevice } from '../../devices/devices.ts';
import type { Principal, Verify } from '../../session/access.ts';
import { bearerOf } from '../credentials.ts';
import type { Mount, MountOptions } from '../server.ts';
import { answerJson, type Refusal } from './answer.ts';
import { HttpEntrance, NO_TOKEN, pathOf, type Asked, type Handler, type Handlers } from './entrance.ts';
import { smallBody } from './small-body.ts';

/** More than the largest registration. */
const MAX_BODY_BYTES = 8 * 1_024;

interface OwnDevices {
  register(principal: Principal, id: string, body: unknown): Promise<DeviceRefusal | undefined>;
  of(principal: Principal): readonly ShownDevice[] | DeviceRefusal;
  remove(principal: Principal, id: string): Promise<DeviceRefusal | undefined>;
}

export interface DeviceRequestsOptions extends Pick<
  MountOptions,
  'allowedOrigins' | 'clients' | 'handshakes' | 'refused'
> {
  readonly verify: Verify;
  /** None where push is off. */
  readonly devices: OwnDevices | undefined;
  /** With which browsers subscribe; none where there is no Web Push. */
  readonly publicKey: string | undefined;
}

/** The answer is 204 where there is nothing to say. */
type Answer = { readonly body: object } | Refusal | undefined;
type Call = (devices: OwnDevices, principal: Principal, body: unknown) => Promise<Answer> | Answer;

const OFF: Refusal = { code: 'PUSH_OFF', message: 'Nobody is woken here: PUSH is off.' };
const NO_KEY: Refusal = { code: 'PUSH_OFF', message: 'There is no Web Push here: it has no VAPID key.' };
const TOO_LARGE: Refusal = { code: 'BODY_TOO_LARGE', message: `At most ${MAX_BODY_BYTES} bytes.` };

/** How a phone says where it is woken while its app is closed. */
export class DeviceRequests implements Mount {
  readonly #entrance: HttpEntrance;

  constructor(private readonly options: DeviceRequestsOptions) {
    this.#entrance = new HttpEntrance(options);
  }

  request(request: IncomingMessage, response: ServerResponse): boolean {
    const handlers = this.#handlersOf(pathOf(request));
    if (handlers !== undefined) this.#entrance.receive(request, response, handlers);
    return handlers !== undefined;
  }

  #handlersOf(path: string): Handlers | undefined {
    const { publicKey } = this.options;
    const key = publicKey === undefined ? NO_KEY : { body: { key: publicKey } };
    if (path === '/v1/push/key') return { GET: this.#answering(() => key) };
    if (path === '/v1/devices') return { GET: this.#answering(list) };
    const id = /^\/v1\/devices\/([^/]+)$/.exec(path)?.[1];
    if (id === undefined) return undefined;
    return {
      PUT: this.#answering((devices, principal, body) => devices.register(principal, id, body)),
      DELETE: this.#answering((devices, principal) => devices.remove(principal, id)),
    };
  }

  #answering(call: Call): Handler {
    return (asked) => {
      // One that broke off is answered to nobody.
      this.#answer(asked, call).catch(() => asked.response.destroy());
    };
  }

  async #answer({ request, response }: Asked, call: Call): Promise<void> {
    const body = await smallBody(request, MAX_BODY_BYTES);
    if (body === undefined) response.setHeader('Connection', 'close');
    const answer = body === undefined ? TOO_LARGE : await this.#outcome(request, body, call);
    if (answer === undefined) response.writeHead(204).end();
    else if ('code' in answer) this.#entrance.refuse(response, answer);
    else answerJson(response, 200, answer.body);
  }

  async #outcome(request: IncomingMessage, body: Buffer, call: Call): Promise<Answer> {
    const { devices, verify } = this.options;
    if (devices === undefined) return OFF;
    const token = bearerOf(request);
    if (token === undefined) return NO_TOKEN;
    const verdict = await verify(token);
    if ('refused' in verdict) return { code: verdict.refused, message: verdict.message };
    return call(devices, verdict.principal, jsonIn(body));
  }
}

function list(devices: OwnDevices, principal: Principal): Answer {
  const own = devices.of(principal);
  return 'code' in own ? own : { body: { devices: own } };
}
