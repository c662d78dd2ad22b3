import { describe, expect, it } from '@jest/globals';
import { INBOX, REJECTED, REJECTED_REASON } from '../../shared/contract/topology.ts';
import { appointment } from '../support/events.ts';
import { roomcast } from '../support/command-line.ts';
import { TestIngest } from '../support/ingest.ts';
import { until } from '../support/until.ts';

async function rejected(ingest: TestIngest, ...args: string[]): Promise<string> {
  const { code, out, err } = await roomcast(['rejected', ...args], { env: { AMQP_URL: ingest.brokerUrl } });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

/** Resolves once a queue holds as many messages. */
function untilDepth(ingest: TestIngest, queue: string, depth: number): Promise<void> {
  return until(async () => (await depthOf(ingest, queue)) === depth);
}

async function depthOf(ingest: TestIngest, queue: string): Promise<number> {
  return (await ingest.channel.checkQueue(queue)).messageCount;
}

describe('roomcast rejected', () => {
  it('lists what was rejected with its reason, and shows one of them whole', async () => {
    await using ingest = await TestIngest.start();
    await ingest.send({ event: 'appointment.created', data: { provider_id: 0 } }, { messageId: 'poison' });
    await untilDepth(ingest, REJECTED, 1);
    const list = await rejected(ingest, 'list');
    expect(list).toMatch(/^1\t\S+\tpoison\tinvalid_event: \/data\/provider_id /);
    const shown = await rejected(ingest, 'show', '1');
    expect(shown).toContain('"provider_id":0');
    expect(shown).toContain(REJECTED_REASON);
    await untilDepth(ingest, REJECTED, 1);
  });

  it('sends one to the inbox again, without what the rejection added, and it is accepted', async () => {
    await using ingest = await TestIngest.start();
    const event = appointment({ id: 'mended' });
    const headers = { [REJECTED_REASON]: 'invalid_event: something', mine: 'kept' };
    ingest.channel.sendToQueue(REJECTED, Buffer.from(JSON.stringify(event)), { persistent: true, headers });
    await ingest.channel.waitForConfirms();
    expect(await rejected(ingest, 'publish', '1')).toBe('1 sent to the inbox\n');
    const { frame } = await ingest.published.nextFrame();
    expect(frame['id']).toBe('mended');
    await untilDepth(ingest, REJECTED, 0);
  });

  it('drops one and leaves the others, in their order', async () => {
    await using ingest = await TestIngest.start();
    for (const name of ['a', 'b', 'c']) {
      ingest.channel.sendToQueue(REJECTED, Buffer.from(name), { persistent: true, messageId: name });
    }
    await ingest.channel.waitForConfirms();
    await untilDepth(ingest, REJECTED, 3);
    expect(await rejected(ingest, 'drop', '2')).toBe('1 dropped\n');
    const left = (await rejected(ingest, 'list')).trim().split('\n');
    expect(left.map((line) => line.split('\t')[2])).toEqual(['a', 'c']);
    expect(await rejected(ingest, 'drop', 'all')).toBe('2 dropped\n');
    expect(await rejected(ingest, 'list')).toBe('nothing is rejected\n');
    expect(await depthOf(ingest, INBOX)).toBe(0);
  });

  it('says the same as JSON, an object a line', async () => {
    await using ingest = await TestIngest.start();
    await ingest.send({ event: 'appointment.created', data: { provider_id: 0 } }, { messageId: 'poison' });
    await untilDepth(ingest, REJECTED, 1);
    const listed = JSON.parse(await rejected(ingest, 'list', '--json')) as unknown;
    expect(listed).toMatchObject({ number: 1, message_id: 'poison' });
    const shown = JSON.parse(await rejected(ingest, 'show', '1', '--json')) as unknown;
    expect(shown).toMatchObject({ number: 1, body: expect.stringContaining('"provider_id":0') as unknown });
    expect(JSON.parse(await rejected(ingest, 'drop', '1', '--json'))).toEqual({ dropped: 1 });
    expect(await rejected(ingest, 'list', '--json')).toBe('');
  });

  it('touches nothing where there is no message of that number', async () => {
    await using ingest = await TestIngest.start();
    ingest.channel.sendToQueue(REJECTED, Buffer.from('a'), { persistent: true });
    await ingest.channel.waitForConfirms();
    const env = { AMQP_URL: ingest.brokerUrl };
    for (const verb of ['show', 'publish', 'drop']) {
      const { code, err } = await roomcast(['rejected', verb, '2'], { env });
      expect({ code, err }).toEqual({ code: 1, err: 'There is no rejected message 2.\n' });
    }
    await untilDepth(ingest, REJECTED, 1);
  });

  it('shows what a terminal would obey, and does not send it there', async () => {
    await using ingest = await TestIngest.start();
    const headers = { [REJECTED_REASON]: 'bad \u001b[2J' };
    ingest.channel.sendToQueue(REJECTED, Buffer.from('a\n\u001b[31mb'), { persistent: true, headers });
    await ingest.channel.waitForConfirms();
    expect(await rejected(ingest, 'list')).toMatch(/\tbad \\u001b\[2J\n$/);
    expect(await rejected(ingest, 'show', '1')).toMatch(/\na\n\\u001b\[31mb\n$/);
  });
});
