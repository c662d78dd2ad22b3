import { Buffer } from 'node:buffer';
import { WebSocket } from 'ws';

/**
 * `node flooder.mjs URL KIND BYTES`: a client that sends so much at once, of one kind, whatever it is told. Prints how
 * it was closed and how often it heard RATE_LIMITED.
 */
const [url = '', kind = '', bytes = '0'] = process.argv.slice(2);
const FRAME = '{"action":"list_rooms"}';

const send = {
  frames: (ws) => ws.send(FRAME),
  binary: (ws) => ws.send(Buffer.from(FRAME)),
  empty: (ws) => ws.send(''),
  pings: (ws) => ws.ping(FRAME),
  pongs: (ws) => ws.pong(FRAME),
}[kind];

const ws = new WebSocket(url);
let refusals = 0;
ws.on('error', () => undefined);
ws.on('message', (data) => {
  if (data.toString().includes('"RATE_LIMITED"')) refusals += 1;
});
ws.on('open', () => {
  for (let sent = 0; sent < Number(bytes); sent += FRAME.length) send(ws);
});
ws.on('close', (code, reason) => {
  process.stdout.write(JSON.stringify({ code, reason: reason.toString(), refusals }));
  process.exit();
});
