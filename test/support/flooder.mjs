import { Buffer } from 'node:buffer';
import { Sender, WebSocket } from 'ws';

/**
 * `node flooder.mjs URL KIND BYTES`: a client that sends so much at once, of one kind, whatever it is told. Prints how
 * it was closed and how often it heard RATE_LIMITED. The flood is made before it connects and handed over in one write: a client
 * that is busy sending for seconds is cut off before it reads why.
 */
const [url = '', kind = '', bytes = '0'] = process.argv.slice(2);
const FRAME = '{"action":"list_rooms"}';
const OPCODES = { frames: 1, binary: 2, empty: 1, pings: 9, pongs: 10 };

const data = Buffer.from(kind === 'empty' ? '' : FRAME);
const options = { fin: true, rsv1: false, opcode: OPCODES[kind], mask: true, readOnly: true };
const frame = Buffer.concat(Sender.frame(data, options));
const flood = Buffer.alloc(Math.ceil(Number(bytes) / FRAME.length) * frame.byteLength, frame);

const ws = new WebSocket(url);
let socket;
let refusals = 0;
ws.on('error', () => undefined);
ws.on('upgrade', (response) => {
  socket = response.socket;
});
ws.on('message', (message) => {
  if (message.toString().includes('"RATE_LIMITED"')) refusals += 1;
});
ws.on('open', () => socket.write(flood));
ws.on('close', (code, reason) => {
  process.stdout.write(JSON.stringify({ code, reason: reason.toString(), refusals }));
  process.exit();
});
