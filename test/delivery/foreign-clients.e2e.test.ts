import { afterAll, describe, expect, it } from '@jest/globals';
import { findChromium, launch } from '../monitoring/chromium.ts';
import { appointment } from '../support/events.ts';
import { ReceiptReader } from '../support/receipts.ts';
import { skippedFor } from '../support/skipped.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { goClient, pythonClient, ReadingProgram, workFolder, type Command } from './foreign/programs.ts';

/** A client that is connected; `until` resolves once it has read a text. */
interface Reading extends AsyncDisposable {
  until(text: string): Promise<void>;
}

interface ForeignClient {
  readonly name: string;
  readonly missing?: string;
  readonly open: (world: World, token: string) => Promise<Reading>;
}

/** Nobody opens it: it is skipped by name. */
function absent(name: string, { missing }: { readonly missing: string }): ForeignClient {
  return { name, missing, open: () => Promise.reject(new Error(name)) };
}

const work = workFolder();
afterAll(() => work[Symbol.dispose]());

const urlOf = (world: World, token: string) => `${world.webSocketUrl()}?token=${token}`;

function program(name: string, found: Command): ForeignClient {
  if ('missing' in found) return absent(name, found);
  const open = async (world: World, token: string) => {
    const reading = new ReadingProgram(found.command, [...found.args, urlOf(world, token)]);
    await reading.until('"connected"');
    return reading;
  };
  return { name, open };
}

async function chromium(): Promise<ForeignClient> {
  const name = "Chromium's WebSocket";
  const found = await findChromium();
  if ('missing' in found) return absent(name, found);
  const open = async (world: World, token: string): Promise<Reading> => {
    const browser = await launch(found.path);
    const page = await browser.newPage();
    // Chromium lets a page without an origin reach no address of this machine.
    await page.goto(`http://127.0.0.1:${world.healthPort()}/health/live`);
    const url = JSON.stringify(urlOf(world, token));
    await page.evaluate(`{
      globalThis.texts = '';
      new WebSocket(${url}).onmessage = ({ data }) => (globalThis.texts += data);
    }`);
    const until = async (text: string) => {
      const has = `globalThis.texts.includes(${JSON.stringify(text)})`;
      // By a timer: a page that nobody sees draws no frames.
      await page.waitForFunction(has, undefined, { polling: 100, timeout: 0 });
    };
    await until('"connected"');
    return { until, [Symbol.asyncDispose]: () => browser.close() };
  };
  return { name, open };
}

const ws: ForeignClient = {
  name: 'ws',
  open: async (world) => {
    const client = await world.join('customer', 6);
    return {
      until: async () => {
        await client.events(1);
      },
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  },
};

const python = await pythonClient(work.path);
const clients = [
  ws,
  await chromium(),
  program("Python's websockets", python),
  program("Go's coder/websocket", await goClient(work.path)),
];

/** OkHttp is in `test/client/kotlin.e2e.test.ts`, where Kotlin is compiled. */
describe('what a client that nobody here wrote has read is known to be delivered', () => {
  for (const { name, missing, open } of clients) {
    (missing === undefined ? it : it.skip)(`by ${name}${skippedFor(missing)}`, async () => {
      await using world = await World.start();
      await using receipts = await ReceiptReader.open(world.amqpUrl);
      await using client = await open(world, tokenFor('customer', 6));
      const { id } = await world.publish(appointment({ data: { provider_id: 4, customer_id: 6 } }));
      await client.until(id);
      await receipts.until(() => receipts.of(id).includes('delivered customer 6'));
      expect(receipts.of(id)).toEqual(['written customer 6', 'delivered customer 6']);
    });
  }
});

const stopped = 'missing' in python ? python.missing : undefined;

describe('what a process was written that stands still', () => {
  (stopped === undefined ? it : it.skip)(
    `is not said to be delivered until it goes on, and never where it does not${skippedFor(stopped)}`,
    async () => {
      await using world = await World.start();
      await using receipts = await ReceiptReader.open(world.amqpUrl);
      if ('missing' in python) throw new Error(python.missing);
      const url = urlOf(world, tokenFor('customer', 6));
      await using phone = new ReadingProgram(python.command, [...python.args, url]);
      await phone.until('"connected"');
      const publish = () => world.publish(appointment({ data: { provider_id: 4, customer_id: 6 } }));
      phone.signal('SIGSTOP');
      const first = await publish();
      await receipts.until(() => receipts.of(first.id).length > 0);
      // Another's receipts go the same way, and are whole.
      await using other = await world.join('provider', 4);
      const second = await publish();
      await other.events(1);
      await receipts.until(() => receipts.of(second.id).includes('delivered provider 4'));
      expect(receipts.of(first.id)).not.toContain('delivered customer 6');
      phone.signal('SIGCONT');
      await receipts.until(() => receipts.of(second.id).includes('delivered customer 6'));
      expect(receipts.of(first.id)).toContain('delivered customer 6');
      phone.signal('SIGSTOP');
      const last = await publish();
      await receipts.until(() => receipts.of(last.id).includes('delivered provider 4'));
      expect(receipts.of(last.id)).not.toContain('delivered customer 6');
    },
  );
});
