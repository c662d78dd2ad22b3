import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { BoundedBody } from './bounded-body.ts';

/** Connections to one host, and of them those kept open while nothing is sent. */
const MAX_SOCKETS_PER_HOST = 16;
const MAX_IDLE_SOCKETS_PER_HOST = 2;

export interface HttpsLimits {
  /** From the first byte sent to the last one read, for a whole exchange. */
  readonly timeoutMs: number;
  /** Of a body that is read; what is beyond is not, and the connection closed. */
  readonly maxAnswerBytes: number;
}

export interface HttpsOptions extends HttpsLimits {
  /** Of each new connection. */
  readonly lookup?: LookupFunction;
  /** Certificates to trust beside the machine's own. */
  readonly ca?: string;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As much as came in time, up to the bound: the status stands whatever becomes of the rest. */
  readonly body: Buffer;
}

/** No answer came in time. */
export class AnswerTimeoutError extends Error {
  override readonly name = 'AnswerTimeoutError';
}

/** Posts over HTTPS, bounded in bytes and time. It follows no redirect: that is an answer like any other. */
export class HttpsClient {
  readonly #agent: Agent;

  constructor(private readonly options: HttpsOptions) {
    const { lookup, ca } = options;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: MAX_SOCKETS_PER_HOST,
      maxFreeSockets: MAX_IDLE_SOCKETS_PER_HOST,
      timeout: options.timeoutMs,
      ...(lookup && { lookup }),
      ...(ca !== undefined && { ca }),
    });
  }

  post(url: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<HttpsAnswer> {
    const { timeoutMs, maxAnswerBytes } = this.options;
    return new Promise((resolve, reject) => {
      const request = httpsRequest(url, {
        method: 'POST',
        agent: this.#agent,
        headers: { ...headers, 'content-length': String(body.byteLength) },
      });
      let settle: (() => void) | undefined;
      const timer = setTimeout(() => {
        settle?.();
        request.destroy(new AnswerTimeoutError(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      request.once('close', () => clearTimeout(timer));
      request.once('error', reject);
      request.once('response', (response) => (settle = readBody(response, maxAnswerBytes, resolve)));
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Tells once what came: at its end, at the bound, or when what it gives back is called. */
function readBody(
  response: IncomingMessage,
  maxBytes: number,
  done: (answer: HttpsAnswer) => void,
): () => void {
  const body = new BoundedBody(maxBytes);
  const finish = () => {
    const { statusCode = 0, headers } = response;
    done({ status: statusCode, headers, body: body.bytes });
  };
  response.on('data', (chunk: Buffer) => {
    if (body.take(chunk)) return;
    finish();
    response.destroy();
  });
  response.once('end', finish);
  response.once('error', finish);
  return finish;
}
