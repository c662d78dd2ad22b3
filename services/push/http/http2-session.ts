import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { BoundedBody } from './bounded-body.ts';
import { AnswerTimeoutError, type HttpsAnswer, type HttpsLimits } from './https-client.ts';

/** Without a request for so long it is closed; a ping would show no sooner that it is dead. */
const IDLE_MS = 10 * 60_000;

export interface Http2Options extends HttpsLimits {
  readonly origin: string;
  /** Certificates to trust beside the machine's own. */
  readonly ca?: string;
}

/** The connection went away before there was an answer. */
class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/**
 * One connection of HTTP/2 to one host, made when something is to be sent. What the host ends (GOAWAY) or what breaks is
 * replaced with the next request; so is one that did not answer in time, since a dead connection looks like that.
 */
export class Http2Session {
  #session: ClientHttp2Session | undefined;
  #isClosed = false;

  constructor(private readonly options: Http2Options) {}

  post(path: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<HttpsAnswer> {
    const { timeoutMs, maxAnswerBytes } = this.options;
    const session = this.#current();
    return new Promise((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
      const settle = readBody(stream, maxAnswerBytes, resolve);
      const timer = setTimeout(() => {
        if (this.#session === session) this.#session = undefined;
        session.close();
        settle();
        stream.destroy(new AnswerTimeoutError(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      stream.once('close', () => {
        clearTimeout(timer);
        reject(new ConnectionLostError('the connection was lost before there was an answer'));
      });
      stream.once('error', reject);
      stream.end(body);
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined || session.closed) return Promise.resolve();
    return new Promise((resolve) => session.close(resolve));
  }

  #current(): ClientHttp2Session {
    if (this.#isClosed) throw new ConnectionLostError('the session is closed');
    if (this.#session?.closed === false) return this.#session;
    const { origin, ca } = this.options;
    const session = connect(origin, { ...(ca !== undefined && { ca }) });
    this.#session = session;
    const drop = () => {
      if (this.#session === session) this.#session = undefined;
    };
    // Its streams fail with it, and say so to whoever waits for them.
    session.on('error', drop);
    session.once('goaway', drop);
    session.once('close', drop);
    session.setTimeout(IDLE_MS, () => session.close());
    session.unref();
    return session;
  }
}

/** Tells once what came: at its end, at the bound, or when what it gives back is called; nothing before there is a status. */
function readBody(
  stream: ClientHttp2Stream,
  maxBytes: number,
  done: (answer: HttpsAnswer) => void,
): () => void {
  const body = new BoundedBody(maxBytes);
  let answer: Pick<HttpsAnswer, 'status' | 'headers'> | undefined;
  const finish = () => {
    if (answer !== undefined) done({ ...answer, body: body.bytes });
  };
  stream.once('response', ({ ':status': status = 0, ...headers }) => (answer = { status, headers }));
  stream.on('data', (chunk: Buffer) => {
    if (body.take(chunk)) return;
    finish();
    stream.close(constants.NGHTTP2_CANCEL);
  });
  stream.once('end', finish);
  return finish;
}
