import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A request as Easy!Appointments 1.6.0 sent it: its request line and headers captured, one line each. */
export interface RecordedCall {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export function recordedCall(): RecordedCall {
  const file = new URL('../fixtures/easyappointments-http/appointment_save.new.http.txt', import.meta.url);
  const [head = '', body = ''] = readFileSync(file, 'utf8').split(/\r?\n\r?\n/);
  const headers = head
    .split(/\r?\n/)
    .slice(1)
    .map((line) => {
      const [, name = '', value = ''] = /^([^:]+): (.*)$/.exec(line) ?? [];
      return [name, value] as const;
    });
  return { headers, body: body.trimEnd() };
}

/** Only what an operator enters in Easy!Appointments differs from the recording: the URL, and the name of the header. */
export interface ReplayTarget {
  readonly port: number;
  readonly tokenHeader?: string;
}

const PATH = '/webhooks/easyappointments';
const RECORDED_TOKEN_HEADER = 'X-Ea-Token';

/** The recorded bytes over a socket; resolves to everything that was answered. */
export async function replayBytes(call: RecordedCall, { port, tokenHeader }: ReplayTarget): Promise<string> {
  const headers = headersFor(call, port, tokenHeader).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(port, '127.0.0.1');
  socket.write(`POST ${PATH} HTTP/1.1\r\n${headers.join('')}\r\n${call.body}`);
  let answer = '';
  for await (const chunk of socket) {
    answer += String(chunk);
    if (answer.includes('\r\n\r\n')) break;
  }
  return answer;
}

/** The same by the `curl` of this machine; `undefined` where it has none. Resolves to status and body. */
export async function replayByCurl(
  call: RecordedCall,
  { port, tokenHeader }: ReplayTarget,
): Promise<string | undefined> {
  const headers = headersFor(call, port, tokenHeader).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const url = `http://127.0.0.1:${port}${PATH}`;
  const args = ['-sS', '--max-time', '20', '-w', '%{http_code}', ...headers, '--data-binary', call.body, url];
  try {
    return (await run('curl', args)).stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function headersFor(
  { headers, body }: RecordedCall,
  port: number,
  tokenHeader = RECORDED_TOKEN_HEADER,
): (readonly [string, string])[] {
  const length = String(Buffer.byteLength(body));
  return headers.map(([name, value]) => {
    if (name === 'Host') return [name, `127.0.0.1:${port}`];
    if (name === 'Content-Length') return [name, length];
    return [name === RECORDED_TOKEN_HEADER ? tokenHeader : name, value];
  });
}
