import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioName } from './scenarios.ts';

/** A guarantee broken on purpose: text of the built code that is replaced, and the scenario that has to notice. */
export interface Mutation {
  readonly name: string;
  readonly scenario: ScenarioName;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const mutations: readonly Mutation[] = [
  {
    name: 'the inbox acknowledges before the confirm',
    scenario: 'ingest dies with unconfirmed events',
    file: 'services/ingest/inbox/inbox.js',
    find: '#track(consumption, message, settled) {',
    replace: '#track(consumption, message, settled) { consumption.channel.ack(message); return;',
  },
  {
    name: '202 before the confirm',
    scenario: 'ingest dies with unconfirmed events',
    file: 'shared/broker/confirm-publisher.js',
    find: 'return await confirmed;',
    replace: "confirmed.catch(() => undefined); return 'prompt';",
  },
  {
    name: 'the hole after a reconnect is not filled',
    scenario: 'delivery loses the broker for a while',
    file: 'services/delivery/stream/arrivals.js',
    find: 'await hole.fill();',
    replace: '',
  },
  {
    name: 'what the broker drops from a queue is not read from the history',
    scenario: 'the broker drops from the queue of a delivery that is paused',
    file: 'services/delivery/broker/own-queue.js',
    find: 'this.#doubts += 1;',
    replace: 'return;',
  },
  {
    name: 'a scan ends at any mark, not at its own',
    scenario: 'everybody resumes over slow links',
    file: 'services/delivery/broker/history.js',
    find: 'if (entry.cursor !== mark)',
    replace: 'if (false)',
  },
  {
    name: 'live events that arrive during a resume are dropped',
    scenario: 'everybody resumes while events come thick and fast',
    file: 'services/delivery/stream/feed.js',
    find: 'this.#hold(entry);',
    replace: 'void entry;',
  },
  {
    name: 'live events overtake the replay',
    scenario: 'everybody resumes over slow links',
    file: 'services/delivery/stream/feed.js',
    find: 'this.#hold(entry);',
    replace: 'this.#write(entry);',
  },
  {
    name: 'a client comes back to the bytes that it refused',
    scenario: 'a client takes no large event',
    file: 'services/delivery/session/frame-bounds.js',
    find: 'this.#bytes.set(',
    replace: 'void (',
  },
  {
    name: 'a resume looks back without a margin',
    scenario: 'everybody resumes while a clock is ahead',
    file: 'services/delivery/stream/look-back.js',
    find: 'const MARGINS_MS = [NEAR_MS, 15 * 60_000, APART_MS];',
    replace: 'const MARGINS_MS = [0];',
  },
  {
    name: 'no reorder window before the cursor',
    scenario: 'the history and a queue differ in order',
    file: 'services/delivery/stream/scan.js',
    find: 'this.#reorderWindow.before(at)',
    replace: '{ entries: [], isTooMuch: false, beginsLater: false }',
  },
  {
    name: 'ingest does not recognise a repeated id',
    scenario: 'a backend repeats itself',
    file: 'services/ingest/accept/repeats.js',
    find: 'if (before?.isPublished === true)',
    replace: 'if (false)',
  },
  {
    name: 'an id of another event is taken for a repeat',
    scenario: 'a backend makes mistakes',
    file: 'services/ingest/accept/contents.js',
    find: 'if (now.whole === first.whole)',
    replace: 'if (true)',
  },
  {
    name: 'numbers and text that do not survive are taken',
    scenario: 'a backend makes mistakes',
    file: 'services/ingest/accept/json-survival.js',
    find: 'return SUSPICIOUS.test(json);',
    replace: 'return false;',
  },
  {
    name: 'an event of any size is taken',
    scenario: 'a backend makes mistakes',
    file: 'services/ingest/accept/data-size.js',
    find: 'if (bytes <= maxBytes)',
    replace: 'if (true)',
  },
  {
    name: 'delivery does not recognise a repeated id',
    scenario: 'a backend repeats itself',
    file: 'services/delivery/stream/fan-out.js',
    find: 'return joinedAt !== undefined && joinedAt <= firstSeen;',
    replace: 'return false;',
  },
  {
    name: 'subscribed before the binding is confirmed',
    scenario: 'rooms are joined over slow links',
    file: 'services/delivery/stream/event-stream.js',
    find: 'await this.#bindings.acquire(room);',
    replace: 'void this.#bindings.acquire(room);',
  },
  {
    name: 'the SDK does not recognise a repeated id',
    scenario: 'everybody resumes over slow links',
    file: 'client/src/feed.js',
    find: 'if (ids.has(event.id))',
    replace: 'if (false)',
  },
  {
    name: 'the SDK keeps no place',
    scenario: 'everybody resumes, and nobody is rewound',
    file: 'client/src/feed.js',
    find: 'this.cursor = frame.cursor;',
    replace: '',
  },
  {
    name: 'everybody gets everything',
    scenario: 'everybody resumes, and nobody is rewound',
    file: 'services/delivery/stream/scan.js',
    find: '...rooms.flatMap((one) => this.#byRoom.get(one) ?? [])',
    replace: '...this.#collectors',
  },
  {
    name: 'push does not heed who has read an event',
    scenario: 'push is killed while it tells who is asleep',
    file: 'services/push/decision/decide.js',
    find: 'if (known.wasDelivered(id))',
    replace: 'if (false)',
  },
  {
    name: 'push acknowledges before anybody is told',
    scenario: 'push is killed while it tells who is asleep',
    file: 'services/push/broker/waiting-queue.js',
    find: 'await this.options.take(message, isOurs);',
    replace: 'channel.ack(message); await this.options.take(message, isOurs); return;',
  },
  {
    name: 'what waits is dropped when push starts',
    scenario: 'push is killed while it tells who is asleep',
    file: 'services/push/broker/waiting-queue.js',
    find: 'await declare(model);',
    replace:
      "await declare(model); const purging = await model.createChannel(); await purging.purgeQueue('appointments.push.wait'); await purging.close();",
  },
  {
    name: 'push does not write down what it tells at once',
    scenario: 'push is killed while it tells who is asleep',
    file: 'services/push/waking/waker.js',
    find: 'await writeBundle(person, bundle);',
    replace: '',
  },
  {
    name: 'what was pushed is forgotten over a restart',
    scenario: 'push is killed while it cannot reach everybody',
    file: 'services/push/broker/facts.js',
    find: 'this.#became(id, role, userId, stage);',
    replace: "if (stage !== 'pushed') this.#became(id, role, userId, stage);",
  },
  {
    name: 'a receipt says pushed before a push service has answered',
    scenario: 'push is killed while it cannot reach everybody',
    file: 'services/push/sending/dispatcher.js',
    find: "if (outcome.outcome === 'accepted')",
    replace: 'if (true)',
  },
];

/** Changes a copy of the build; a text that is not there exactly once means that the code has moved on. */
export function mutate(dist: string, { name, file, find, replace }: Mutation): void {
  const path = join(dist, file);
  const text = readFileSync(path, 'utf8');
  const found = text.split(find).length - 1;
  if (found !== 1) {
    throw new Error(
      `Mutation "${name}" no longer fits: ${JSON.stringify(find)} stands ${found} times in ${file}.`,
    );
  }
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
}
