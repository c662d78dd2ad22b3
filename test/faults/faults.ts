import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Act, FaultContext } from './act.ts';
import type { Proxy } from './proxy.ts';
import { SLOW_CUSTOMER, SMALL_FRAMES_CUSTOMER } from './population.ts';
import { pushActs } from './push-acts.ts';
import { queueActs } from './queue-acts.ts';
import { scenarioActs } from './scenario-acts.ts';
import type { Fault, FaultKind } from './schedule.ts';
import type { Member, System } from './system.ts';

const CLOCK_OFF_MS = 5 * 60 * 1000;
/** The clock of ingest stamps cursors; that of delivery judges tokens too, whose `iat` may be 30 s ahead of it. */
const CLOCK_STEP_MS = { ingest: 60 * 60 * 1000, delivery: 20_000, push: 60 * 60 * 1000 };
/** A slow client has this long to be found out. */
const SLOW_MS = 12_000;
/** More than the kernel's buffers on the way take, so that the outbox fills; each as large as an event may be. */
const BULK_NOTES = 'n'.repeat(60_000);
const BULK_EVENTS = 220;
const SLOW_APPOINTMENT = { id: 9_000, providerId: 900, customerId: SLOW_CUSTOMER, secretaryIds: [] };
/** Above what one client takes in a frame, and below what an event may have. */
const LARGE_NOTES = 'n'.repeat(40_000);
const LARGE_EVENTS = 6;
const LARGE_APPOINTMENT = {
  id: 9_001,
  providerId: 901,
  customerId: SMALL_FRAMES_CUSTOMER,
  secretaryIds: [],
};
const CRITICAL_POLL_MS = 500;
const CRITICAL_MS = 60_000;

/** Does one fault and ends it; what it broke heals by itself or not at all. */
export function applyFault(fault: Fault, context: FaultContext): Promise<void> {
  return acts[fault.kind](fault, context);
}

const acts: Readonly<Record<FaultKind, Act>> = {
  'broker stop': async ({ lastsMs }, { system }) => {
    const [node] = system.broker.nodes;
    await node?.stop();
    await delay(lastsMs);
    await node?.start();
  },
  'broker kill': async ({ lastsMs }, { system }) => {
    const [node] = system.broker.nodes;
    await node?.kill();
    await delay(lastsMs);
    await node?.start();
  },
  'connections closed by the broker': async (_fault, { system }) => {
    const [node] = system.broker.nodes;
    await node?.ctl(['close_all_connections', 'an operator cleans up']);
  },
  'memory alarm': async ({ lastsMs }, { system }) => {
    const [node] = system.broker.nodes;
    await node?.ctl(['set_vm_memory_high_watermark', '0.000001']);
    await delay(lastsMs);
    await node?.ctl(['set_vm_memory_high_watermark', '0.4']);
  },
  'disk alarm': async ({ lastsMs }, { system }) => {
    const [node] = system.broker.nodes;
    await node?.ctl(['set_disk_free_limit', '900000GB']);
    await delay(lastsMs);
    await node?.ctl(['set_disk_free_limit', '50MB']);
  },
  'kill ingest': ({ target }, { system }) => {
    memberAt(system.of('ingest'), target).process.kill();
    return Promise.resolve();
  },
  'kill delivery': ({ target }, { system }) => {
    memberAt(system.of('delivery'), target).process.kill();
    return Promise.resolve();
  },
  'rolling restart': async ({ target }, { system }) => {
    const { process } = memberAt(system.members, target);
    const { starts } = process;
    process.terminate();
    while (process.starts === starts) await delay(50);
  },
  'link cut': async ({ target, lastsMs }, { system }) => {
    const { links } = memberAt(system.members, target);
    for (const link of links) link.refuse();
    await delay(lastsMs);
    healAll(links);
  },
  'link half-open': ({ target, amount }, { system, random }) => {
    const { links } = memberAt(system.members, target);
    // All connections of a process, or each with a chance: a service has several.
    for (const link of links) link.halfOpen(random, amount < 0.5 ? 1 : 0.6);
    return Promise.resolve();
  },
  'link frozen': async ({ target, lastsMs }, { system }) => {
    const { links } = memberAt(system.members, target);
    for (const link of links) link.freeze();
    await delay(lastsMs);
    healAll(links);
  },
  'link slow': async ({ target, lastsMs, amount }, { system }) => {
    const { links } = memberAt(system.members, target);
    for (const link of links) link.delay(50 + 400 * amount);
    await delay(lastsMs);
    healAll(links);
  },
  'process paused': async ({ target, lastsMs }, { system }) => {
    const { process } = memberAt(system.members, target);
    process.pause();
    await delay(lastsMs);
    process.continue();
  },
  'clock off': async ({ target, lastsMs, amount }, { system }) => {
    const { clockFile } = memberAt(system.of('ingest'), target);
    writeFileSync(clockFile, String(amount < 0.5 ? CLOCK_OFF_MS : -CLOCK_OFF_MS));
    await delay(lastsMs);
    writeFileSync(clockFile, '0');
  },
  'clock step': async ({ target, lastsMs, amount }, { system }) => {
    const { clockFile, role } = memberAt(system.members, target);
    const stepMs = CLOCK_STEP_MS[role];
    writeFileSync(clockFile, String(amount < 0.5 ? stepMs : -stepMs));
    await delay(lastsMs);
    writeFileSync(clockFile, '0');
  },
  'clients cut': ({ target }, { system }) => {
    memberAt(system.of('delivery'), target).front.cut();
    return Promise.resolve();
  },
  'clients half-open': ({ target, amount }, { system, random }) => {
    memberAt(system.of('delivery'), target).front.halfOpen(random, 0.2 + 0.5 * amount);
    return Promise.resolve();
  },
  'slow clients': async (_fault, { clients, speaker }) => {
    const slow = clients.filter(({ person }) => person.habit === 'slow');
    for (const client of slow) client.stopReading();
    const untilMs = performance.now() + SLOW_MS;
    for (let sent = 0; sent < BULK_EVENTS && performance.now() < untilMs; sent += 1) {
      await speaker.say(SLOW_APPOINTMENT, { notes: BULK_NOTES, rooms: [`customer_${SLOW_CUSTOMER}`] });
    }
    for (const client of slow) client.readOn();
  },
  'large events': async (_fault, { speaker }) => {
    const rooms = [`customer_${SMALL_FRAMES_CUSTOMER}`];
    for (let sent = 0; sent < LARGE_EVENTS; sent += 1) {
      await speaker.say(LARGE_APPOINTMENT, { notes: LARGE_NOTES, rooms });
      await speaker.say(LARGE_APPOINTMENT, { rooms });
    }
  },
  ...queueActs,
  ...pushActs,
  ...scenarioActs,
  'node kill': (fault, context) => nodeDown(fault, context, (node) => node.kill()),
  'node stop': (fault, context) => nodeDown(fault, context, (node) => node.stop()),
};

type Node = System['broker']['nodes'][number];

/** Only a node that the others can do without: what a rolling restart waits for, too. */
async function nodeDown(
  { target, lastsMs }: Fault,
  { system }: FaultContext,
  end: (node: Node) => Promise<void>,
) {
  const { nodes } = system.broker;
  const node = nodes[target % nodes.length];
  if (node === undefined) return;
  await untilSpare(node);
  await end(node);
  await delay(lastsMs);
  await node.start();
}

async function untilSpare(node: Node): Promise<void> {
  const deadlineMs = performance.now() + CRITICAL_MS;
  for (;;) {
    try {
      await node.queues(['check_if_node_is_quorum_critical']);
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await delay(CRITICAL_POLL_MS);
    }
  }
}

function memberAt(members: readonly Member[], target: number): Member {
  const member = members[target % members.length];
  if (member === undefined) throw new Error('there is no such process');
  return member;
}

function healAll(links: readonly Proxy[]): void {
  for (const link of links) link.heal();
}
