import { describe, expect, it, jest } from '@jest/globals';
import { TakeBack } from '../../services/ingest/inbox/take-back.ts';
import { INBOX } from '../../shared/contract/topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { ScriptedConnection } from '../support/scripted-channel.ts';

/** One that a policy expired from the inbox, and that was taken back so many times before. */
function expired(times: number) {
  const headers = {
    'x-first-death-reason': 'expired',
    'x-first-death-queue': INBOX,
    'x-death': [{ reason: 'expired', queue: INBOX }],
    'x-taken-back': times,
  };
  return { properties: { headers } };
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function world() {
  const scripted = new ScriptedConnection();
  const onTakenBack = jest.fn();
  const takeBack = new TakeBack(scripted.connection, {
    onTakenBack,
    now: () => 0,
    logger: createLogger('test', 'silent'),
  });
  await turn();
  return { scripted, takeBack, onTakenBack };
}

describe('expired messages', () => {
  it('go to the inbox again, and leave the rejected ones once the broker has them there', async () => {
    const { scripted, takeBack, onTakenBack } = await world();
    const { broker } = scripted;
    broker.bring(expired(0));
    await turn();
    expect(broker.published).toMatchObject([
      { exchange: '', routingKey: INBOX, options: { mandatory: true, headers: { 'x-taken-back': 1 } } },
    ]);
    expect(broker.acks).toEqual([]);
    broker.confirmPublished();
    await turn();
    expect([broker.acks, onTakenBack.mock.calls.length]).toEqual([[['ack', 1, false]], 1]);
    await takeBack.stop();
  });

  it('stay among the rejected when the inbox is not there, although the broker confirms them', async () => {
    const { scripted, takeBack, onTakenBack } = await world();
    const { broker } = scripted;
    broker.bring(expired(0));
    await turn();
    broker.returnPublished();
    broker.confirmPublished();
    await turn();
    expect([broker.acks, onTakenBack.mock.calls.length]).toEqual([[], 0]);
    await takeBack.stop();
  });

  it('wait without a listener each for the stop', async () => {
    const listen = jest.spyOn(EventTarget.prototype, 'addEventListener');
    const { scripted, takeBack } = await world();
    for (let message = 0; message < 100; message += 1) scripted.broker.bring(expired(1));
    await turn();
    expect(listen).not.toHaveBeenCalled();
    listen.mockRestore();
    await takeBack.stop();
  });
});
