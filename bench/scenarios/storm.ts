import { fillHistory } from '../fill-history.ts';
import { Gauge } from '../hostile/gauges.ts';
import { Swarm } from '../load/swarm.ts';
import { cpuClock } from '../measure/processor.ts';
import { bareWs } from '../peers/bare-ws.ts';
import type { World } from '../peers/peer.ts';
import { RunningRoomcast } from '../peers/roomcast.ts';
import { customers } from './crowd.ts';
import type { Prepared, Scenario } from './scenario.ts';

const MISSED = 5_000;
const AT_ONCE = 200;
const UNIT = 'a client';
const figure = 's until the last is back';
const STALL = 'longest wait for /health/live, ms';

export const storm: Scenario = {
  name: 'storm',
  does: `delivery is replaced, ${MISSED} events pass meanwhile, and 10,000 customers come back with a cursor from before, ${AT_ONCE} handshakes under way, until the last is resumed; beside as many that connect`,
  warmUp: 'none: delivery is new each time',
  rounds: 3,
  quick: false,
  goals: [
    { figure, of: 'roomcast', against: bareWs.name, atMost: 3 },
    { figure: STALL, of: 'roomcast', atMost: 100 },
  ],
  contenders: ({ quick }) => {
    const clients = quick ? 1_000 : 10_000;
    return [
      { name: 'roomcast', prepare: (world) => comingBack(world, clients) },
      { name: bareWs.name, prepare: (world) => coming(world, clients) },
    ];
  },
};

async function comingBack(world: World, clients: number): Promise<Prepared> {
  const running = await RunningRoomcast.start(world);
  const { pair, amqpUrl } = running;
  const swarm = Swarm.start();
  let cursor = await fillHistory(amqpUrl, 1, () => 'admin');
  return {
    turn: async () => {
      const targets = customers(clients).map((each) => {
        const { port, path } = running.target(each);
        return { port, path: `${path}&cursor=${cursor}`, ready: '"type":"resumed"' };
      });
      await pair.replaceDelivery(() => fillHistory(amqpUrl, MISSED, (n) => `customer_${1 + (n % clients)}`));
      const gauge = new Gauge(pair.delivery.pid, pair.ports.deliveryHealth);
      const used = cpuClock([pair.delivery.pid]);
      const seconds = await swarm.connect(targets, AT_ONCE, 'answered');
      gauge.stop();
      const us = used();
      await swarm.disconnect();
      cursor = await fillHistory(amqpUrl, 1, () => 'admin');
      return { [figure]: seconds, [STALL]: gauge.liveMs, [`delivery, µs ${UNIT}`]: us / clients };
    },
    end: async () => {
      await swarm.stop();
      await running.stop();
    },
  };
}

async function coming(world: World, clients: number): Promise<Prepared> {
  const running = await bareWs.start(world);
  const swarm = Swarm.start();
  return {
    turn: async () => {
      const seconds = await swarm.connect(
        customers(clients).map((each) => running.target(each)),
        AT_ONCE,
        'answered',
      );
      await swarm.disconnect();
      return { [figure]: seconds };
    },
    end: async () => {
      await swarm.stop();
      await running.stop();
    },
  };
}
