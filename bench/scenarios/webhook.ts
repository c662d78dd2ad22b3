import { readFileSync } from 'node:fs';
import { API_KEY } from '../hostile/pair.ts';
import { MARK } from '../load/load-event.ts';
import { flatOut } from '../load/pace.ts';
import { Posts } from '../load/posts.ts';
import { quantileOf } from '../measure/statistics.ts';
import { httpAmqp } from '../peers/http-amqp.ts';
import type { Peer } from '../peers/peer.ts';
import { roomcast, RunningRoomcast } from '../peers/roomcast.ts';
import { saves } from '../webhook-saves.ts';
import { Crowd } from './crowd.ts';
import type { ContenderPlan, Scenario } from './scenario.ts';

const UNIT = 'a save';
const SAVES = 3_000;
const AT_ONCE = 8;
const FIXTURE = 'test/fixtures/easyappointments/appointment_save.new.json';
const ADMIN = { person: { role: 'admin', id: 1 }, room: 'admin' } as const;
/** 0.6 of what it was at first: 7.8 times the floor on a quiet machine. */
const GOAL = 4.7;
const figure = `ingest, µs ${UNIT}`;

export const webhook: Scenario = {
  name: 'webhook',
  does: `${SAVES} saves of Easy!Appointments, a third each new, changed and unchanged, ${AT_ONCE} under way, until all are announced; beside as many calls of the floor`,
  warmUp: 'one turn',
  rounds: 5,
  quick: false,
  goals: [{ figure, of: 'roomcast', against: httpAmqp.name, atMost: GOAL }],
  contenders: ({ besides }) => [saving(roomcast()), called(), ...besides.map(saving)],
};

function saving(peer: Peer): ContenderPlan {
  return {
    name: peer.name,
    prepare: async (world) => {
      const running = await peer.start(world);
      if (!(running instanceof RunningRoomcast)) throw new Error('only roomcast takes the webhook');
      const crowd = await Crowd.open(running, [ADMIN]);
      const posts = new Posts(running.pair.ports.ingest, '/webhooks/easyappointments', {
        'x-ea-token': API_KEY,
      });
      const fixture = readFileSync(FIXTURE, 'utf8');
      let firstId = 1;
      const turn = async () => {
        const { bodies, announced } = saves(fixture, SAVES, firstId, MARK);
        firstId += SAVES;
        crowd.expect(announced);
        const times: number[] = [];
        const used = await crowd.measure(UNIT, SAVES, () =>
          flatOut(SAVES, AT_ONCE, async (nth) => {
            const startedMs = performance.now();
            await posts.post(bodies[nth] ?? '');
            times.push(performance.now() - startedMs);
          }),
        );
        return { ...used, 'p50, ms': quantileOf(times, 0.5), 'p99, ms': quantileOf(times, 0.99) };
      };
      await turn();
      return {
        turn,
        end: async () => {
          posts.close();
          await crowd.end();
        },
      };
    },
  };
}

function called(): ContenderPlan {
  return {
    name: httpAmqp.name,
    prepare: async (world) => {
      const crowd = await Crowd.start(httpAmqp, world, []);
      const turn = () =>
        crowd.measure(UNIT, SAVES, () => flatOut(SAVES, AT_ONCE, () => crowd.publish('customer_9', 1)));
      await turn();
      return { turn, end: () => crowd.end() };
    },
  };
}
