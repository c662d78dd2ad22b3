import { signToken } from '../../../services/delivery/sign-token.ts';
import type { Attack, Tally, Target } from '../attack.ts';
import {
  clientFrame,
  closed,
  inParallel,
  opcodes,
  openWebSocket,
  repeated,
  writeForever,
} from '../raw-socket.ts';

const SOCKETS = 3;
/** Of one write: what a client sends at once. */
const WRITE_BYTES = 1024 * 1024;
/** As much as MAX_FRAME_BYTES lets through. */
const FRAME_BYTES = 64_000;
const LIST_ROOMS = '{"action":"list_rooms"}';

interface Flood {
  /** What is sent again and again. */
  readonly bytes: Buffer;
  /** Goes before. */
  readonly first?: Buffer;
  readonly reads?: boolean;
}

/** A user who sends without end, comes back whenever he is cut off, and does not care what he is told. */
async function flood({ ports, secret }: Target, tally: Tally, { bytes, first, reads = true }: Flood) {
  const path = `/?token=${signToken(secret, { role: 'customer', id: 666 })}`;
  const chunk = repeated(bytes, WRITE_BYTES);
  await inParallel(SOCKETS, async () => {
    const socket = await openWebSocket(ports.client, path, { stubborn: true });
    if (socket === undefined) {
      tally.add('refused');
      return;
    }
    tally.add('connections');
    if (reads) socket.resume();
    if (first !== undefined) socket.write(first);
    await writeForever(socket, chunk);
  });
}

const text = (payload: string) => clientFrame(opcodes.text, payload);

/** Nobody yet: the token is what is too deep. */
async function deepFrames({ ports }: Target, tally: Tally) {
  const deep = text(`{"action":"auth","token":${'['.repeat(FRAME_BYTES / 2)}${']'.repeat(FRAME_BYTES / 2)}}`);
  await inParallel(SOCKETS * 4, async () => {
    const socket = await openWebSocket(ports.client, '/');
    if (socket === undefined) {
      tally.add('refused');
      return;
    }
    tally.add('connections');
    socket.resume();
    const gone = closed(socket);
    socket.end(deep);
    await gone;
  });
}

export const frameAttacks: readonly Attack[] = [
  {
    name: 'frames-read',
    does: '3 sockets of one user send frames over the limit, and read the answers',
    run: (target, tally) => flood(target, tally, { bytes: text(LIST_ROOMS) }),
  },
  {
    name: 'frames-unread',
    does: '3 sockets of one user send frames over the limit, and read nothing',
    run: (target, tally) => flood(target, tally, { bytes: text(LIST_ROOMS), reads: false }),
  },
  {
    name: 'frames-large',
    does: 'the same with frames as large as they may be',
    run: (target, tally) =>
      flood(target, tally, { bytes: text(`{"action":"list_rooms","x":"${'x'.repeat(FRAME_BYTES)}"}`) }),
  },
  {
    name: 'pings',
    does: "3 sockets of one user send WebSocket's own pings without end",
    run: (target, tally) => flood(target, tally, { bytes: clientFrame(opcodes.ping, LIST_ROOMS) }),
  },
  {
    name: 'fragments',
    does: '3 sockets of one user send a message in empty fragments that never ends',
    run: (target, tally) =>
      flood(target, tally, {
        first: clientFrame(opcodes.text, '{', { fin: false }),
        bytes: clientFrame(opcodes.continuation, '', { fin: false }),
      }),
  },
  {
    name: 'refreshes',
    does: '3 sockets of one user refresh a good token without end',
    run: (target, tally) => {
      const token = signToken(target.secret, { role: 'customer', id: 666 });
      return flood(target, tally, { bytes: text(JSON.stringify({ action: 'auth', token })) });
    },
  },
  {
    name: 'deep-frames',
    does: '12 sockets send an `auth` nested 32,000 deep, and come back',
    run: deepFrames,
  },
];
