import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { receiptsUntil } from '../support/receipts.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { PushWorld } from './push-world.ts';

const PROVIDER = 4;
const tomorrow = new Date(Date.now() + 86_400_000).toISOString().replace('Z', '+00:00');
const folder = mkdtempSync(join(tmpdir(), 'roomcast-push-'));

let of: PushWorld;
beforeAll(async () => {
  of = await PushWorld.start({ pushes: 0 });
  writeFileSync(join(folder, 'ca.pem'), of.service.ca);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await of[Symbol.asyncDispose]();
});

/** A process of its own, which can be killed. */
async function startPushProcess(): Promise<ServiceProcess> {
  const push = new ServiceProcess('push', { ...of.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') });
  const { healthPort } = await push.said('push is listening');
  await healthUntil(Number(healthPort), isReady);
  return push;
}

async function publishOne() {
  const event = appointment({ data: { provider_id: PROVIDER, customer_id: null, start: tomorrow } });
  return { ...(await of.world.publish(event)), tag: `appointment-${event.data.id}` };
}

describe('push that is killed at the answer of a push service', () => {
  it('tells a phone the same again in the same place when it is back, and what is new in another', async () => {
    const phone = await of.phoneOf('provider', PROVIDER);
    await using first = await startPushProcess();
    of.service.respond = () => {
      first.signal('SIGKILL');
      return { status: 201 };
    };
    const told = [await publishOne(), await publishOne()];
    const [before] = await phone.shows(1);
    await first.exited;
    of.service.respond = () => ({ status: 201 });
    const news = await publishOne();
    await using second = await startPushProcess();
    const ids = [...told, news].map(({ id }) => id);
    const { bundles } = await receiptsUntil(of.vhost.url, ({ pushes }) =>
      ids.every((id) => pushes.some(([event, , , , stage]) => event === id && stage === 'pushed')),
    );
    expect(phone.shown.slice(1)).toEqual([before, expect.objectContaining({ tag: news.tag })]);
    expect(bundles.map(([events, cursor, role, user, tag]) => [events, cursor, role, user, tag])).toEqual([
      [ids.slice(0, 2), told.at(-1)?.cursor, 'provider', PROVIDER, 'appointments'],
      [ids.slice(2), news.cursor, 'provider', PROVIDER, news.tag],
    ]);
    expect(second.stderr).toBe('');
  });
});
