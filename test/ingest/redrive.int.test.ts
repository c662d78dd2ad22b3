import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { INBOX, REJECTED, REJECTED_REASON } from '../../shared/contract/topology.ts';
import { appointment } from '../support/events.ts';
import { TestIngest } from '../support/ingest.ts';

const run = promisify(execFile);

/** The command as an operator runs it. */
async function redrive(ingest: TestIngest, ...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], AMQP_URL: ingest.brokerUrl };
  const { stdout } = await run(process.execPath, ['dist/services/ingest/redrive.js', ...args], { env });
  return stdout;
}

/** Resolves once a queue holds as many messages. */
async function untilDepth(ingest: TestIngest, queue: string, depth: number): Promise<void> {
  while ((await depthOf(ingest, queue)) !== depth);
}

async function depthOf(ingest: TestIngest, queue: string): Promise<number> {
  return (await ingest.channel.checkQueue(queue)).messageCount;
}

describe('the redrive command', () => {
  it('lists what was rejected with its reason, and shows one of them whole', async () => {
    await using ingest = await TestIngest.start();
    await ingest.send({ event: 'appointment.created', data: { provider_id: 0 } }, { messageId: 'poison' });
    await untilDepth(ingest, REJECTED, 1);
    const list = await redrive(ingest, 'list');
    expect(list).toMatch(/^1\t\S+\tpoison\tinvalid_event: \/data\/provider_id /);
    const shown = await redrive(ingest, 'show', '1');
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
    expect(await redrive(ingest, 'publish', '1')).toBe('1 sent to the inbox\n');
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
    expect(await redrive(ingest, 'drop', '2')).toBe('1 dropped\n');
    const left = (await redrive(ingest, 'list')).trim().split('\n');
    expect(left.map((line) => line.split('\t')[2])).toEqual(['a', 'c']);
    expect(await redrive(ingest, 'drop', 'all')).toBe('2 dropped\n');
    expect(await redrive(ingest, 'list')).toBe('nothing is rejected\n');
    expect(await depthOf(ingest, INBOX)).toBe(0);
  });

  it('says how it is used when it is used otherwise', async () => {
    await using ingest = await TestIngest.start();
    await expect(redrive(ingest, 'explode')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('redrive list') as unknown,
    });
  });
});
