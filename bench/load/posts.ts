import { connect, type Socket } from 'node:net';

const OK = 'HTTP/1.1 2';
const LENGTH = /\r\ncontent-length: (\d+)/i;
const CLOSED = 'nothing: the connection was closed';

/** A connection with at most one call under way. */
interface Caller {
  readonly socket: Socket;
  answer: string;
  settle: (answer: string) => void;
}

/**
 * Posts over kept connections without node's HTTP client, which would take more CPU than some of the servers. Each answer must
 * name its length. As many connections are open as calls were ever under way.
 */
export class Posts {
  readonly #head: string;
  readonly #free: Caller[] = [];
  readonly #open = new Set<Caller>();

  constructor(
    private readonly port: number,
    path: string,
    headers: Readonly<Record<string, string>>,
  ) {
    const all = { host: `127.0.0.1:${port}`, 'content-type': 'application/json', ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#head = `POST ${path} HTTP/1.1\r\n${lines.join('')}`;
  }

  /** Resolves once it is accepted, rejects with what was answered otherwise. */
  async post(body: string): Promise<void> {
    const call = `${this.#head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    let answer = await this.#call(this.#free.pop() ?? this.#connect(), call);
    // The server may end a kept connection in the moment in which it is used again.
    if (answer === CLOSED) answer = await this.#call(this.#connect(), call);
    if (!answer.startsWith(OK)) throw new Error(`answered ${answer}`);
  }

  close(): void {
    for (const { socket } of this.#open) socket.destroy();
  }

  async #call(caller: Caller, call: string): Promise<string> {
    if (caller.socket.destroyed) return CLOSED;
    const answer = await new Promise<string>((settle) => {
      caller.settle = settle;
      caller.socket.write(call);
    });
    if (answer !== CLOSED) this.#free.push(caller);
    return answer;
  }

  #connect(): Caller {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    const caller: Caller = { socket, answer: '', settle: () => undefined };
    socket.on('data', (bytes: Buffer) => {
      caller.answer += bytes.toString('latin1');
      if (!isWhole(caller.answer)) return;
      const { answer } = caller;
      caller.answer = '';
      caller.settle(answer);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#open.delete(caller);
      caller.settle(CLOSED);
    });
    this.#open.add(caller);
    return caller;
  }
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const head = answer.slice(0, end);
  if (head.startsWith('HTTP/1.1 204')) return true;
  return answer.length >= end + 4 + Number(LENGTH.exec(head)?.[1] ?? 0);
}
