import { signToken, type Person } from '../../../services/delivery/sign-token.ts';
import { anyId, type Kind, type Stage } from '../kind.ts';
import { Phone } from '../phone.ts';
import { between, pause } from '../waiting.ts';

/** MAX_SESSIONS_PER_USER, and one. */
const ONE_TOO_MANY = 17;
/** MAX_FRAMES_PER_MINUTE and MAX_REFUSALS_PER_MINUTE, and some. */
const FLOOD = 120;
/** Away from the people who come and go: a flood shuts its user out for a minute. */
const FLOODER = 7_000;
const CROWD = 6_000;
const DEAD_TOKENS = 200;

interface Visit {
  readonly ttlS?: number;
  readonly cursor?: string | undefined;
}

function visit({ ports, secret, signal }: Stage, person: Person, { ttlS, cursor }: Visit = {}): Phone {
  return new Phone({ port: ports.client, token: signToken(secret, person, ttlS), cursor, signal });
}

function somebody(): Person {
  return { role: Math.random() < 0.5 ? 'provider' : 'customer', id: anyId() };
}

async function goAway(phone: Phone): Promise<void> {
  if (Math.random() < 0.5) await phone.leave();
  else phone.cut();
}

const comeAndGo = (range: 'briefMs' | 'stayMs') => async (stage: Stage) => {
  const person = somebody();
  const phone = visit(stage, person);
  await phone.connected;
  phone.send({ action: 'list_rooms' });
  phone.send({ action: 'ping' });
  await phone.stay(between(...stage.tempo[range]));
  if (range === 'stayMs' && person.role === 'provider') stage.newcomers.add(phone.waitedMs);
  await goAway(phone);
};

export const socketKinds: readonly Kind[] = [
  { name: 'comes briefly', workers: 8, rest: ({ restMs }) => restMs, act: comeAndGo('briefMs') },
  { name: 'comes and stays', workers: 40, rest: ({ restMs }) => restMs, act: comeAndGo('stayMs') },
  {
    name: 'resumes',
    workers: 12,
    rest: ({ restMs }) => restMs,
    act: async (stage, tally) => {
      const person = somebody();
      const before = visit(stage, person);
      await before.connected;
      await before.stay(between(...stage.tempo.briefMs));
      await goAway(before);
      if (before.cursor === undefined) return;
      await pause(between(...stage.tempo.awayMs), stage.signal);
      const back = visit(stage, person, { cursor: before.cursor });
      if (await back.resumed) tally.add('resumed');
      await back.stay(between(...stage.tempo.briefMs));
      await goAway(back);
    },
  },
  {
    name: 'resumes from the oldest cursor',
    workers: 1,
    rest: ({ longReplayEveryMs }) => longReplayEveryMs,
    act: async (stage, tally) => {
      const person = {
        role: 'customer',
        id: stage.busyFrom + Math.floor(Math.random() * stage.busy),
      } as const;
      const phone = visit(stage, person, { cursor: stage.oldestCursor });
      if (await phone.resumed) tally.add('resumed from the oldest');
      await phone.leave();
    },
  },
  {
    name: 'reads nothing of its replay',
    workers: 1,
    rest: ({ longReplayEveryMs }) => longReplayEveryMs,
    act: async (stage) => {
      const phone = visit(stage, { role: 'customer', id: stage.busyFrom }, { cursor: stage.oldestCursor });
      await phone.connected;
      await phone.stayWithoutReading(stage.tempo.slowMs);
      phone.cut();
    },
  },
  {
    name: 'lets its token expire',
    workers: 6,
    rest: ({ restMs }) => restMs,
    act: async (stage) => {
      const { tokenS } = stage.tempo;
      const person = somebody();
      const phone = visit(stage, person, { ttlS: tokenS });
      await phone.connected;
      await phone.stay(between(0, tokenS * 500));
      phone.send({ action: 'auth', token: signToken(stage.secret, person, tokenS) });
      await phone.stay(2 * tokenS * 1_000);
      phone.cut();
    },
  },
  {
    name: 'shows a dead token',
    workers: 2,
    rest: ({ restMs }) => restMs,
    act: async ({ ports, signal }) => {
      const token = `eyJhbGciOiJIUzI1NiJ9.e30.${Math.floor(Math.random() * DEAD_TOKENS)}`;
      await new Phone({ port: ports.client, token, signal }).closed;
    },
  },
  {
    name: 'shows no token',
    workers: 2,
    rest: ({ restMs }) => restMs,
    act: async ({ ports, signal, tempo }) => {
      const phone = new Phone({ port: ports.client, token: undefined, signal });
      await phone.stay(tempo.slowMs);
      phone.cut();
    },
  },
  {
    name: 'is one user too often',
    workers: 1,
    rest: ({ restMs }) => restMs,
    act: async (stage) => {
      const phones: Phone[] = [];
      for (let n = 0; n < ONE_TOO_MANY; n += 1) {
        const phone = visit(stage, { role: 'customer', id: CROWD });
        phones.push(phone);
        await phone.connected;
      }
      for (const phone of phones) phone.cut();
    },
  },
  {
    name: 'floods',
    workers: 2,
    rest: ({ restMs }) => restMs,
    act: async (stage, _, worker) => {
      const phone = visit(stage, { role: 'customer', id: FLOODER + worker * 100 + (anyId() % 100) });
      await phone.connected;
      for (let n = 0; n < FLOOD; n += 1) phone.send({ action: 'list_rooms' });
      await phone.stay(stage.tempo.slowMs);
      phone.cut();
    },
  },
];
