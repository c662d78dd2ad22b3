import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { generateKeyPairSync } from 'node:crypto';
import { Http2Session } from '../../services/push/http/http2-session.ts';
import { Apns } from '../../services/push/senders/apns.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { NOW_MS, notification } from './notifications.ts';
import { PushService, type Reply } from '../../tools/push-service/push-service.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const TOKEN = 'a1'.repeat(32);
const MINUTE_MS = 60_000;

async function world({ timeoutMs = 60_000 } = {}) {
  const service = await PushService.startHttp2();
  service.respond = () => ({ status: 200 });
  const state = { nowMs: NOW_MS };
  const { origin, ca } = service;
  const session = new Http2Session({ origin, ca, timeoutMs, maxAnswerBytes: 16_384 });
  const key = {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    keyId: 'KEY0000001',
    teamId: 'TEAM000001',
  };
  const topic = 'org.example.office';
  const apns = new Apns({ session, origin, key, topic, wall: () => wallTime(state.nowMs) });
  return {
    service,
    state,
    push: (changes = {}) => {
      const recipient = { device: { kind: 'apns' as const, token: TOKEN }, seenAtMs: NOW_MS - MINUTE_MS };
      return apns.send(recipient, notification(changes));
    },
    async [Symbol.asyncDispose]() {
      await apns.close();
      await service[Symbol.asyncDispose]();
    },
  };
}

const failure = (status: number, reason: string, more = {}): Reply => ({ status, body: { reason, ...more } });

type Row = [reply: Reply, outcome: object];

describe('APNs', () => {
  it('shows a notification that takes the place of an older one, until the appointment begins', async () => {
    await using here = await world();
    expect(await here.push()).toEqual({ outcome: 'accepted' });
    const { path, headers, body } = here.service.only;
    expect(path).toBe(`/3/device/${TOKEN}`);
    expect(headers).toMatchObject({
      'apns-topic': 'org.example.office',
      'apns-push-type': 'alert',
      'apns-priority': '10',
      'apns-collapse-id': 'appointment-12',
      'apns-expiration': String(NOW_MS / 1_000 + 7_200),
    });
    expect(JSON.parse(body.toString())).toEqual({
      event: 'appointment.created',
      appointment_id: '12',
      url: 'https://office.example.org/appointments/12',
      aps: {
        alert: { title: 'New appointment', body: 'Haircut · 28 November, 11:00' },
        sound: 'default',
        'thread-id': 'appointment-12',
      },
    });
  });

  it('signs with the key of its team, and anew after 40 minutes, which is neither too often nor too late', async () => {
    await using here = await world();
    for (const passedMs of [0, 39 * MINUTE_MS, MINUTE_MS]) {
      here.state.nowMs += passedMs;
      await here.push();
    }
    const tokens = here.service.asked.map(
      ({ headers }) => headers.authorization?.replace('bearer ', '') ?? '',
    );
    expect(tokens[1]).toBe(tokens[0]);
    const read = tokens.map((token) =>
      jwt.verify(token, publicKey, { algorithms: ['ES256'], complete: true, clockTimestamp: NOW_MS / 1_000 }),
    );
    const expected = (iat: number) => ({
      header: { alg: 'ES256', kid: 'KEY0000001' },
      payload: { iss: 'TEAM000001', iat },
    });
    expect(read[0]).toMatchObject(expected(NOW_MS / 1_000));
    expect(read[2]).toMatchObject(expected(NOW_MS / 1_000 + 40 * 60));
  });

  it('sends many over one connection', async () => {
    await using here = await world();
    await Promise.all(Array.from({ length: 20 }, () => here.push()));
    expect([here.service.asked.length, here.service.connections]).toEqual([20, 1]);
  });

  it('connects again once it was told to go away', async () => {
    await using here = await world();
    await here.push();
    here.service.goAway();
    let outcome = await here.push();
    // What was under way when the connection ended has no answer, and is tried again.
    if (outcome.outcome === 'later') outcome = await here.push();
    expect(outcome).toEqual({ outcome: 'accepted' });
    expect(here.service.connections).toBe(2);
  });

  it('gives up waiting for an answer, and does not trust that connection any more', async () => {
    await using here = await world({ timeoutMs: 200 });
    here.service.respond = () => 'silence';
    expect(await here.push()).toEqual({ outcome: 'later', reason: 'timeout' });
    here.service.respond = () => ({ status: 200 });
    await here.push();
    expect(here.service.connections).toBe(2);
  });

  it('says of a host that is away that it cannot be reached', async () => {
    const here = await world();
    await here.service[Symbol.asyncDispose]();
    expect(await here.push()).toEqual({ outcome: 'later', reason: 'unreachable' });
  });

  it('sends nothing that Apple does not take', async () => {
    await using here = await world();
    expect(await here.push({ body: 'x'.repeat(4_096) })).toEqual({ outcome: 'refused', reason: 'too_large' });
    expect(here.service.asked).toEqual([]);
  });

  it.each<Row>([
    [failure(400, 'BadDeviceToken'), { outcome: 'gone', reason: 'bad_device_token' }],
    [failure(400, 'DeviceTokenNotForTopic'), { outcome: 'gone', reason: 'device_token_not_for_topic' }],
    [failure(410, 'Unregistered', { timestamp: NOW_MS }), { outcome: 'gone', reason: 'unregistered' }],
    [failure(410, 'ExpiredToken'), { outcome: 'gone', reason: 'expired_token' }],
    [
      // It was registered again since.
      failure(410, 'Unregistered', { timestamp: NOW_MS - 2 * MINUTE_MS }),
      { outcome: 'later', reason: 'unregistered_before' },
    ],
    [failure(400, 'BadTopic'), { outcome: 'refused', reason: 'status_400' }],
    [failure(403, 'InvalidProviderToken'), { outcome: 'refused', reason: 'status_403' }],
    [failure(413, 'PayloadTooLarge'), { outcome: 'refused', reason: 'status_413' }],
    [failure(429, 'TooManyRequests'), { outcome: 'later', reason: 'status_429' }],
    [
      failure(429, 'TooManyProviderTokenUpdates'),
      { outcome: 'later', reason: 'too_many_token_updates', retryAfterMs: 20 * MINUTE_MS },
    ],
    [failure(500, 'InternalServerError'), { outcome: 'later', reason: 'status_500' }],
    [
      { ...failure(503, 'ServiceUnavailable'), headers: { 'retry-after': '5' } },
      { outcome: 'later', reason: 'status_503', retryAfterMs: 5_000 },
    ],
  ])('takes an answer for what it means: %j', async (reply, outcome) => {
    await using here = await world();
    here.service.respond = () => reply;
    expect(await here.push()).toEqual(outcome);
  });

  it('signs anew once Apple finds the token too old', async () => {
    await using here = await world();
    here.service.respond = () => failure(403, 'ExpiredProviderToken');
    expect(await here.push()).toEqual({ outcome: 'later', reason: 'expired_provider_token' });
    here.service.respond = () => ({ status: 200 });
    here.state.nowMs += 1_000;
    await here.push();
    const [first, second] = here.service.asked.map(({ headers }) => headers.authorization);
    expect(second).not.toBe(first);
  });
});
