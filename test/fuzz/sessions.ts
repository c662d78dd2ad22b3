import fc from 'fast-check';
import assert from 'node:assert/strict';
import { ShutOut } from '../../services/delivery/session/shut-out.ts';
import type { StreamMember } from '../../services/delivery/stream/event-stream.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { NOON, settle } from '../delivery/fakes.ts';
import { limits, SessionWorld } from '../delivery/session-world.ts';
import type { FuzzProperty } from './property.ts';
import { SessionModel, type ModelFrame, type ModelStep, type ModelText } from './session-model.ts';

const HOUR_MS = 3_600_000;
/** Small, so that a short run gets past all of them. */
const bounds = { ...limits, maxFramesPerMinute: 6, maxRefusalsPerMinute: 4, maxRoomsPerSession: 4 };

const tokens = new Map([
  ['provider 4', { role: 'provider', userId: 4, ttlMs: HOUR_MS }],
  ['provider 4 for 90000', { role: 'provider', userId: 4, ttlMs: 90_000 }],
  ['customer 4', { role: 'customer', userId: 4, ttlMs: HOUR_MS }],
  ['secretary 4', { role: 'secretary', userId: 4, ttlMs: HOUR_MS }],
  ['admin 4', { role: 'admin', userId: 4, ttlMs: HOUR_MS }],
  ['admin 5', { role: 'admin', userId: 5, ttlMs: HOUR_MS }],
] as const);

const room = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('admin', 'calendar', 'provider_4', 'provider_5', 'customer_4', 'customer_6'),
  },
  { weight: 1, arbitrary: fc.constantFrom('secretary_4', 'everyone', 'provider_04', '', 4, null, {}) },
);
const maybe = <T>(one: fc.Arbitrary<T>, freq = 5) => fc.option(one, { nil: undefined, freq });
const auth = fc.record({
  action: fc.constant('auth' as const),
  token: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...tokens.keys()) },
    { weight: 1, arbitrary: fc.constantFrom('expired', 'no token') },
  ),
  rooms: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.array(room, { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.constantFrom(null, 'admin', {}) },
  ),
  events: fc.constantFrom(undefined, undefined, 'dotted', 'underscore', 'x', null, 0),
  max_frame_bytes: fc.constantFrom(undefined, undefined, 1_024, 1_023, 2_048.5, '2048', null),
});
const bad: fc.Arbitrary<ModelText> = fc.constantFrom(
  { text: '', code: 'INVALID_MESSAGE' },
  { text: '{', code: 'INVALID_MESSAGE' },
  { text: '[]', code: 'INVALID_MESSAGE' },
  { text: '{"action":7}', code: 'INVALID_MESSAGE' },
  { text: '{"action":"publish"}', code: 'UNKNOWN_ACTION' },
  { text: '{"action":"auth"}', code: 'AUTH_FAILED' },
);
const frame: fc.Arbitrary<ModelFrame | ModelText> = fc.oneof(
  { weight: 2, arbitrary: auth },
  {
    weight: 4,
    arbitrary: fc.record({ action: fc.constantFrom('subscribe', 'unsubscribe' as const), room }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ action: 'list_rooms' } as const, { action: 'ping' } as const) },
  { weight: 1, arbitrary: bad },
);
const step: fc.Arbitrary<ModelStep> = fc.oneof(
  { weight: 12, arbitrary: frame },
  { weight: 1, arbitrary: fc.constantFrom({ step: 'binary' } as const, { step: 'heartbeat' } as const) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(0, 1, 999, 1_000, 5_000, 30_000, 60_000, HOUR_MS)
      .map((ms) => ({ step: 'pass' as const, ms })),
  },
);
/** Most sessions begin with a good token. */
const steps = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: auth.map((one) => [one]) }, { weight: 1, arbitrary: fc.constant([]) }),
  )
  .chain(([first]) =>
    fc
      .tuple(fc.array(step, { maxLength: 40, size: 'max' }), maybe(fc.constant([{ step: 'end' }] as const)))
      .map(([then, end = []]): ModelStep[] => [...first, ...then, ...end]),
  );

/** Whatever a client does and however time passes, it is told what the model says, and nothing after its end. */
export const sessions: FuzzProperty = {
  name: 'a session says what the model of the protocol says',
  feeds: 'frames',
  shortRuns: 120,
  create: (fed) =>
    fc.asyncProperty(steps, async (all) => {
      fed(all.filter((one) => !('step' in one)).length);
      const world = new SessionWorld({}, new ShutOut(), bounds);
      const model = new SessionModel(bounds, tokens, NOON);
      for (const one of all) {
        await play(world, one);
        assert.deepEqual(saidBy(world), model.take(one));
        assert.deepEqual([...world.rooms.rooms()].sort(), [...model.rooms].sort());
        assert.equal(world.session.closed, model.state === 'closed');
      }
      assert.deepEqual(world.failures, []);
      assert.equal(world.session.pending, 0);
    }),
};

/** Frames that come in one go, before a broker that takes its time, are answered as one by one; only pongs overtake. */
export const bursts: FuzzProperty = {
  name: 'a burst of frames is answered as one by one',
  feeds: 'frames',
  shortRuns: 50,
  create: (fed) =>
    fc.asyncProperty(
      auth,
      fc.array(frame, { maxLength: 24, size: 'max' }),
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 8 }),
      async (first, then, delays) => {
        fed(2 * (then.length + 1));
        const oneByOne = new SessionWorld({}, new ShutOut(), bounds);
        const burst = new SessionWorld({}, new ShutOut(), bounds);
        slowDown(burst, delays);
        const expected: string[] = [];
        for (const one of [first, ...then]) {
          await play(oneByOne, one);
          expected.push(...saidBy(oneByOne));
        }
        for (const one of [first, ...then]) burst.session.receive(textOf(one));
        while (burst.session.pending > 0) await settle();
        const told = saidBy(burst);
        const isPong = (one: string) => one === 'pong';
        assert.deepEqual(
          told.filter((one) => !isPong(one)),
          expected.filter((one) => !isPong(one)),
        );
        assert.deepEqual(burst.rooms.rooms(), oneByOne.rooms.rooms());
        assert.deepEqual([...burst.failures, ...oneByOne.failures], []);
      },
    ),
};

async function play(world: SessionWorld, one: ModelStep): Promise<void> {
  if (!('step' in one)) return world.receive(textOf(one));
  switch (one.step) {
    case 'binary':
      world.session.receive(undefined);
      break;
    case 'heartbeat':
      world.session.receiveHeartbeat();
      break;
    case 'end':
      world.session.end();
      break;
    case 'pass':
      return world.pass(one.ms);
  }
  await settle();
}

function textOf(one: ModelFrame | ModelText): string {
  return 'text' in one ? one.text : JSON.stringify(one);
}

/** As `said`, with the rooms of a list. */
function saidBy(world: SessionWorld): string[] {
  const lists = world.out.flatMap((one) => ('rooms' in one ? [one.rooms.join(' ')] : []));
  return world.said().map((one) => (one === 'rooms_list' ? `rooms_list ${lists.shift() ?? ''}` : one));
}

/** Each binding is confirmed some turns of the loop after it was asked for, in the order of a channel. */
function slowDown({ rooms }: SessionWorld, delays: readonly number[]): void {
  const join = rooms.join.bind(rooms);
  let joins = 0;
  let before = Promise.resolve();
  const confirm = async (member: StreamMember, name: Address) => {
    const turns = delays[(joins += 1) % delays.length] ?? 0;
    for (let turn = 0; turn < turns; turn += 1) await settle();
    return join(member, name);
  };
  rooms.join = (member, name) => (before = before.then(() => confirm(member, name)));
}
