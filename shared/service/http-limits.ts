import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { steadyClock } from './clock.ts';
import { inSlices } from './in-slices.ts';

/** Options of a server whose requests are small: within them a client sends its headers, and all of its request. */
export const smallRequests = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  /** How often Node looks; its default of 30 s would make shorter limits meaningless. */
  connectionsCheckingInterval: 1_000,
} as const;

/** Characters of an id in a path: `message_id` of AMQP holds no more bytes. */
export const MAX_PATH_ID = 255;

/** Requests of one connection that wait for their answer, or got it in this turn. Clients send the next one when they have the last answer. */
const MAX_UNANSWERED = 10;

/** Of every answer: no cache keeps it, and it is of the type that it says. */
const everyAnswer = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** Of connections with an answer: an upgraded one has none for as long as it lives. */
const unanswered = new WeakMap<Socket, Set<ServerResponse>>();
const NONE: ReadonlySet<ServerResponse> = new Set();

/**
 * Node runs all requests that have come, and a read of 64 KiB holds thousands. Only behind one that changes the protocol
 * does it read no further: the first one beyond is taken for such a request, and its connection is cut.
 */
class BoundedRequest extends IncomingMessage {
  constructor(socket: Socket) {
    super(socket);
    if (unansweredOn(socket).size < MAX_UNANSWERED) return;
    Object.defineProperty(this, 'upgrade', { get: () => true, set: () => undefined });
    socket.destroy();
  }
}

class CountedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** Node passes more than its types say. */
  constructor(...args: [request: Request]) {
    super(...args);
    const { socket } = this.req;
    const open = unanswered.get(socket) ?? new Set();
    unanswered.set(socket, open.add(this));
    this.once('close', () => setImmediate(() => open.delete(this)));
    for (const [name, value] of Object.entries(everyAnswer)) this.setHeader(name, value);
  }
}

function unansweredOn(socket: Socket): ReadonlySet<ServerResponse> {
  return unanswered.get(socket) ?? NONE;
}

/** Options of a server that cuts a connection at a request beyond `MAX_UNANSWERED`. One that listens for `upgrade` is told of it with a destroyed socket. */
export const boundedMessages = { IncomingMessage: BoundedRequest, ServerResponse: CountedResponse };

/** The last answer on a connection, from before there is a request. */
export function lastAnswer(status: string, body?: { readonly type: string; readonly text: string }): string {
  const headers = { ...everyAnswer, Connection: 'close', ...(body && { 'Content-Type': body.type }) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status}`, ...lines, '', body?.text ?? ''].join('\r\n');
}

const TIMED_OUT = lastAnswer('408 Request Timeout');
const TOO_LARGE = lastAnswer('431 Request Header Fields Too Large');
const BAD_REQUEST = lastAnswer('400 Bad Request');

/** Of requests that took too long, not given yet: Node finds all those of a second in one turn, and each is a system call or two. */
const lateAnswers = new Set<() => void>();

/** Answers what Node refuses, unless that would be taken for the answer to a request before it. */
export function answerBroken(
  { code }: NodeJS.ErrnoException,
  socket: Socket,
  timedOut: string = TIMED_OUT,
): void {
  if (code !== 'ERR_HTTP_REQUEST_TIMEOUT') {
    answerLast(socket, code === 'HPE_HEADER_OVERFLOW' ? TOO_LARGE : BAD_REQUEST);
    return;
  }
  lateAnswers.add(() => answerLast(socket, timedOut));
  if (lateAnswers.size === 1) setImmediate(giveLateAnswers);
}

function giveLateAnswers(): void {
  const give = (answer: () => void) => {
    lateAnswers.delete(answer);
    answer();
  };
  void inSlices(lateAnswers, give, steadyClock);
}

function answerLast(socket: Socket, answer: string): void {
  const others = [...unansweredOn(socket)].filter(({ req, headersSent }) => req.complete || headersSent);
  if (!socket.writable || others.length > 0) {
    socket.destroy();
    return;
  }
  // Ending our half alone would leave it to the client how long the socket is kept: Node watches it no more.
  socket.end(answer, () => socket.destroy());
}
