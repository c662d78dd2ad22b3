import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 } from 'uuid';
import { signToken, type Person } from '../../../services/delivery/sign-token.ts';
import { Cursor, cursorTimeMs } from '../../../shared/contract/cursor.ts';
import type { Attack, Tally, Target } from '../attack.ts';
import { closed, inParallel, openWebSocket } from '../raw-socket.ts';

/** An instance that the attacks of many sockets can fill. */
const SMALL_INSTANCE = { MAX_SESSIONS: '500' };
const RETURNING = 200;
const DAY_MS = 24 * 60 * 60_000;
/** An invented cursor lies this far behind the oldest entry at most: everything is read for it. */
const INVENTED_WITHIN_MS = 10_000;
/** As an app: who was refused comes back after this. */
const RETRY_MS = 1_000;
/** In whose rooms the history has much, and a little (see `fillFor` in history.ts). */
const BUSY: Person = { role: 'provider', id: 1 };
const QUIET: Person = { role: 'customer', id: 9 };

const pathOf = ({ secret }: Target, person: Person, cursor?: string) =>
  `/?token=${signToken(secret, person)}${cursor === undefined ? '' : `&cursor=${cursor}`}`;

/** Clients that come with a cursor each time, wait until it is answered, and go. */
async function comeBack(target: Target, tally: Tally, person: Person, cursorFor: () => string) {
  await inParallel(RETURNING, async () => {
    const startedMs = performance.now();
    const socket = await openWebSocket(target.ports.client, pathOf(target, person, cursorFor()));
    if (socket === undefined) {
      tally.add('refused');
      return;
    }
    tally.add('connections');
    if (await saidResumed(socket)) tally.add('resumed');
    tally.longest('longest resume, ms', performance.now() - startedMs);
    socket.destroy();
  });
}

function saidResumed(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.on('data', (data: Buffer) => {
      if (data.includes('"type":"resumed"')) resolve(true);
    });
    socket.on('close', () => resolve(false));
    socket.resume();
  });
}

/** Sockets that stay as long as they may. */
async function hold(target: Target, tally: Tally, sockets: number, path: string, reads = true) {
  await inParallel(sockets, async () => {
    const socket = await openWebSocket(target.ports.client, path);
    if (socket === undefined) {
      tally.add('refused');
      await delay(RETRY_MS);
      return;
    }
    tally.add('connections');
    const openedMs = performance.now();
    if (reads) socket.resume();
    await closed(socket);
    tally.longest('longest held, ms', performance.now() - openedMs);
  });
}

const atMs = (ms: number) => v7({ msecs: ms });

function invented({ oldestCursor }: Target): string {
  return atMs(cursorTimeMs(Cursor.parse(oldestCursor)) + Math.random() * INVENTED_WITHIN_MS);
}

export const sessionAttacks: readonly Attack[] = [
  {
    name: 'cursors-old',
    does: '200 clients of one user come with cursors of last week, again and again',
    readsHistory: true,
    run: (target, tally) => comeBack(target, tally, QUIET, () => atMs(Date.now() - 6 * DAY_MS)),
  },
  {
    name: 'cursors-invented',
    does: '200 clients of one user come with cursors that nobody gave them, a new one each time',
    readsHistory: true,
    run: (target, tally) => comeBack(target, tally, QUIET, () => invented(target)),
  },
  {
    name: 'cursor-invented-once',
    does: 'one client comes with one invented cursor, and waits',
    readsHistory: true,
    run: async (target, tally) => {
      const path = pathOf(target, QUIET, invented(target));
      const startedMs = performance.now();
      const socket = await openWebSocket(target.ports.client, path);
      if (socket === undefined) {
        tally.add('refused');
        return;
      }
      if (await saidResumed(socket)) tally.longest('resumed after, ms', performance.now() - startedMs);
    },
  },
  {
    name: 'cursors-honest',
    does: '200 clients of one user come with the oldest cursor, and read all they missed, again and again',
    readsHistory: true,
    run: (target, tally) => comeBack(target, tally, QUIET, () => target.oldestCursor ?? ''),
  },
  {
    name: 'replays-unread',
    does: '3 clients of one user come with the oldest cursor, and read nothing of what they missed',
    readsHistory: true,
    run: (target, tally) => hold(target, tally, 3, pathOf(target, BUSY, target.oldestCursor), false),
  },
  {
    name: 'strangers',
    does: '600 sockets never send a token, on an instance for 500 sessions',
    env: SMALL_INSTANCE,
    run: (target, tally) => hold(target, tally, 600, '/'),
  },
  {
    name: 'sessions-of-one',
    does: 'one user opens 500 sessions, on an instance for 500',
    env: SMALL_INSTANCE,
    run: (target, tally) => hold(target, tally, 500, pathOf(target, { role: 'customer', id: 666 })),
  },
];
