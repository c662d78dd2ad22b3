import { ServerResponse, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Cursor } from '../../shared/contract/cursor.ts';
import type { ClientEvents } from '../../services/delivery/session/transport.ts';
import { Poll } from '../../services/delivery/transport/http/poll.ts';
import type { PollRequest } from '../../services/delivery/transport/http/poll-query.ts';
import { cursorAt, event, kept, NOON, settle } from './fakes.ts';

const silent: ClientEvents = {
  frame: () => undefined,
  closed: () => undefined,
  tooLargeForClient: () => undefined,
  heartbeat: () => false,
  gaveBack: () => false,
  pending: () => 0,
  listening: () => true,
  tickSoon: () => undefined,
};
const after = cursorAt(NOON);
const newest = cursorAt(NOON + 60_000);

/** One poll, and what it was answered. */
class PollWorld {
  readonly poll: Poll;
  #body: Buffer | undefined;
  status: number | undefined;

  constructor(request: Partial<PollRequest> = {}, maxBytes = 1_000_000) {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    jest.spyOn(response, 'end').mockImplementation((body: unknown) => {
      this.status = response.statusCode;
      this.#body = body as Buffer;
      response.emit('close');
      return response;
    });
    const asked = { after, limit: 500, waitMs: 0, ...request };
    this.poll = new Poll(response, asked, maxBytes, () => Promise.resolve(newest), silent);
    this.poll.send({
      type: 'connected',
      message: '',
      connection_id: 1,
      cursor: newest,
      expires_at: '',
      ping_interval_seconds: 1,
    });
  }

  get answer(): { events: { cursor: Cursor }[]; cursor: Cursor; recovered: boolean; more: boolean } {
    if (this.#body === undefined) throw new Error('not answered');
    return JSON.parse(this.#body.toString()) as PollWorld['answer'];
  }

  get isAnswered(): boolean {
    return this.#body !== undefined;
  }

  /** Events stamped so long after the cursor. */
  write(...laterMs: number[]): Cursor[] {
    return laterMs.map((ms) => {
      const entry = kept(event({ atMs: NOON + ms }));
      if (entry.frame !== undefined) this.poll.write(entry.frame.dotted);
      return entry.cursor;
    });
  }

  resume(recovered = true, cursor = newest): void {
    if (recovered) this.poll.send({ type: 'resumed', recovered, replayed: 0, cursor });
    else this.poll.send({ type: 'resumed', recovered, replayed: 0, cursor, reason: 'unknown' });
  }
}

afterEach(() => {
  jest.useRealTimers();
});

describe('a poll', () => {
  it('without a cursor is told where now is, and nothing else', () => {
    const world = new PollWorld({ after: undefined, waitMs: 25_000 });
    expect(world.answer).toEqual({ events: [], cursor: newest, recovered: true, more: false });
  });

  it('is answered with what was missed, and goes on from the last of it', () => {
    const world = new PollWorld({ waitMs: 25_000 });
    const missed = world.write(1, 2);
    world.resume();
    expect(world.answer).toMatchObject({ cursor: missed[1], recovered: true, more: false });
    expect(world.answer.events.map(({ cursor }) => cursor)).toEqual(missed);
  });

  it('stops at its limit, and goes on from the last event that it has', () => {
    const world = new PollWorld({ limit: 2 });
    const [first, second] = world.write(1, 2, 3, 4);
    expect(world.answer).toMatchObject({ cursor: second, more: true, recovered: true });
    expect(world.answer.events.map(({ cursor }) => cursor)).toEqual([first, second]);
  });

  it('is whole at exactly its limit', () => {
    const world = new PollWorld({ limit: 2 });
    const [, last] = world.write(1, 2);
    world.resume();
    expect(world.answer).toMatchObject({ cursor: last, more: false });
  });

  it('never stops among what came before its cursor: it would not get on', () => {
    const world = new PollWorld({ limit: 1 });
    const [, , third] = world.write(-2, -1, 1, 2);
    expect(world.answer).toMatchObject({ cursor: third, more: true });
    expect(world.answer.events.length).toBe(3);
  });

  it('gets on by its limit, however much came just before its cursor', () => {
    const world = new PollWorld({ limit: 2 });
    const [, , , , fifth] = world.write(-3, -2, -1, 1, 2, 3);
    expect(world.answer).toMatchObject({ cursor: fifth, more: true });
    expect(world.answer.events.length).toBe(5);
  });

  it('goes over the bound of an outbox for what comes again: it would not get on', () => {
    const world = new PollWorld({}, 10);
    const [, , third] = world.write(-2, -1, 1, 2);
    expect(world.answer).toMatchObject({ cursor: third, more: true });
  });

  it('passes its cursor in one answer, however much comes again before it', () => {
    const world = new PollWorld({ limit: 2 }, 10);
    const again = Array.from({ length: 5_000 }, (_, index) => index - 5_000);
    const events = world.write(...again, 1, 2, 3);
    expect(world.answer).toMatchObject({ cursor: events[5_000], more: true });
  });

  it('stops at the bound of an outbox, behind one event of any size', () => {
    const world = new PollWorld({}, 10);
    const [first] = world.write(1, 2);
    expect(world.answer).toMatchObject({ cursor: first, more: true });
  });

  it('whose cursor is not known is told so at once, with the newest', () => {
    const world = new PollWorld({ waitMs: 25_000 });
    world.resume(false);
    world.write(1);
    expect(world.answer).toEqual({ events: [], cursor: newest, recovered: false, more: false });
  });

  it('that waits is answered with all that comes in one turn, and goes on from the last of it', async () => {
    const world = new PollWorld({ waitMs: 25_000 });
    world.resume();
    const live = world.write(1, 2);
    expect(world.isAnswered).toBe(false);
    await settle();
    expect(world.answer).toMatchObject({ cursor: live[1], recovered: true, more: false });
    expect(world.answer.events.map(({ cursor }) => cursor)).toEqual(live);
  });

  it('that waited in vain goes on from the newest place', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    const world = new PollWorld({ waitMs: 25_000 });
    world.resume(true, cursorAt(NOON + 1));
    jest.advanceTimersByTime(24_999);
    expect(world.isAnswered).toBe(false);
    jest.advanceTimersByTime(1);
    await settle();
    expect(world.answer).toEqual({ events: [], cursor: newest, recovered: true, more: false });
  });

  it('that only has what came before its cursor waits a second: it would have the same again at once', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    const world = new PollWorld({ waitMs: 25_000 });
    world.write(-1);
    world.resume();
    expect(world.isAnswered).toBe(false);
    jest.advanceTimersByTime(1_000);
    await settle();
    expect([world.answer.events.length, world.answer.cursor]).toEqual([1, newest]);
  });

  it('of a user who has asked too often is refused: the cursor is still good', () => {
    const world = new PollWorld({ waitMs: 0 });
    world.poll.send({ type: 'resumed', recovered: false, replayed: 0, cursor: newest, reason: 'busy' });
    expect([world.status, world.answer]).toMatchObject([429, { code: 'rate_limited' }]);
  });

  it.each([
    ['AUTH_FAILED', 401],
    ['RATE_LIMITED', 429],
    ['OVERLOADED', 503],
  ] as const)('is refused as %s with %d', (code, status) => {
    const world = new PollWorld({ waitMs: 25_000 });
    world.poll.sendLast({ type: 'error', code, message: 'why' });
    world.poll.close('overloaded', 7);
    expect([world.status, world.answer]).toEqual([
      status,
      {
        type: `/problems/${code.toLowerCase()}`,
        title: expect.any(String),
        status,
        code: code.toLowerCase(),
        detail: 'why',
      },
    ]);
  });
});
