import { request, type Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

interface Question {
  readonly agent: Agent;
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** As a backend: no answer within this is none. */
const ANSWER_TIMEOUT_MS = 10_000;

/** The status of the answer; 0 where none came. */
export function ask({ agent, port, path, headers = {}, body }: Question): Promise<number> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const call = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        path,
        method,
        headers: { ...type, ...headers },
        timeout: ANSWER_TIMEOUT_MS,
      },
      (response) => {
        response.resume();
        response.on('close', () => resolve(response.statusCode ?? 0));
      },
    );
    call.on('timeout', () => call.destroy());
    call.on('error', () => void delay(100).then(() => resolve(0)));
    call.end(body);
  });
}
