import { Buffer } from 'node:buffer';
import { Receiver, Sender, WebSocket } from 'ws';

/**
 * `node flooder.mjs URL KIND BYTES`: a client that sends so much at once, of one kind, whatever it is told. Prints `open`
 * when it is connected, and floods on a line of its input. Prints how it was closed and how often it heard RATE_LIMITED, and
 * stays until it is cut off. The flood is made before it connects and handed over in one write: a client that is busy
 * sending for seconds is cut off before it reads why.
 */
const [url = '', kind = '', bytes = '0'] = process.argv.slice(2);
const LIST = '{"action":"list_rooms"}';
const auth = (token) => JSON.stringify({ action: 'auth', token });
const [TEXT, BINARY, PING, PONG] = [1, 2, 9, 10];
const whole = (opcode, text) => [[opcode, text, true]];

/** Of one message or control frame: opcode, payload, and whether it ends there. */
const kinds = {
  frames: whole(TEXT, LIST),
  subscribes: whole(TEXT, '{"action":"subscribe","room":"calendar"}'),
  'JSON pings': whole(TEXT, '{"action":"ping"}'),
  refreshes: whole(TEXT, auth(new URL(url).searchParams.get('token'))),
  'bad refreshes': whole(TEXT, auth('x'.repeat(8_000))),
  'unknown actions': whole(TEXT, '{"action":"publish"}'),
  'no JSON': whole(TEXT, 'hello'),
  'nested lists': whole(TEXT, '['.repeat(30_000) + ']'.repeat(30_000)),
  binary: whole(BINARY, LIST),
  empty: whole(TEXT, ''),
  fragments: [[TEXT, '{"action":', false], ...Array(50).fill([0, '', false]), [0, '"list_rooms"}', true]],
  pings: whole(PING, LIST),
  pongs: whole(PONG, LIST),
};

const frames = kinds[kind].flatMap(([opcode, text, fin]) =>
  Sender.frame(Buffer.from(text), { fin, rsv1: false, opcode, mask: true, readOnly: true }),
);
const frame = Buffer.concat(frames);
const flood = Buffer.alloc(Math.ceil(Number(bytes) / frame.byteLength) * frame.byteLength, frame);

const ws = new WebSocket(url);
let socket;
let refusals = 0;
let isTold = false;
const tell = (code, reason) => {
  if (!isTold) process.stdout.write(`${JSON.stringify({ code, reason: reason.toString(), refusals })}\n`);
  isTold = true;
  process.stdin.destroy();
};
// Of its own: a WebSocket says how it was closed only when the connection is over.
const receiver = new Receiver({ isServer: false });
receiver.on('message', (message) => {
  if (message.toString().includes('"RATE_LIMITED"')) refusals += 1;
});
receiver.on('conclude', tell);
ws.on('error', () => undefined);
ws.on('upgrade', (response) => (socket = response.socket));
ws.on('open', () => {
  // Not before: what came with the handshake would be read by this listener alone, and the WebSocket would take the rest for frames.
  socket.on('data', (chunk) => receiver.write(chunk));
  process.stdout.write('open\n');
});
process.stdin.once('data', () => socket.write(flood));
ws.on('close', tell);
