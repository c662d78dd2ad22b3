import { answerCalls } from './answer-calls.ts';
import { CountingSocket } from './counting-socket.ts';
import { nowUs } from './load-event.ts';
import type { ReceiverCalls } from './receiver-calls.ts';
import { Tally } from './tally.ts';

/** `receiver.main.js [BYTE]`: a process of sockets that count frames, by the mark of the load's events or by another byte. */
const [byte] = process.argv.slice(2);
const tally = byte === undefined ? new Tally() : new Tally(Number(byte), false);
let sockets: CountingSocket[] = [];

answerCalls({
  connect: async ({ targets, atOnce, until = 'ready' }) => {
    let next = 0;
    const ready: Promise<void>[] = [];
    const worker = async () => {
      for (let target = targets[next]; target !== undefined; target = targets[next]) {
        next += 1;
        const socket = new CountingSocket(target, tally);
        sockets.push(socket);
        ready.push(socket.ready);
        await socket[until];
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    await Promise.all(ready);
    return nowUs();
  },
  disconnect: async () => {
    const leaving = sockets;
    sockets = [];
    await Promise.all(leaving.map((socket) => socket.leave()));
  },
  counts: () => Promise.resolve(tally.counts()),
  latenciesUs: () => Promise.resolve(tally.takeLatenciesUs()),
} satisfies ReceiverCalls);
