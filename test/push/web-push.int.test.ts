import { describe, expect, it } from '@jest/globals';
import { Vapid } from '../../services/push/crypto/vapid.ts';
import { HttpsClient } from '../../services/push/http/https-client.ts';
import { Ntfy } from '../../services/push/senders/ntfy.ts';
import { WebPush } from '../../services/push/senders/web-push.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { HostRules } from '../../shared/devices/host-rules.ts';
import { NOW_MS, notification } from './notifications.ts';
import { PushService, type Reply } from '../../tools/push-service/push-service.ts';
import { Subscriber } from '../../tools/push-service/subscriber.ts';
import { claimsIn } from './vapid-claims.ts';
import { vapidKeys } from './vapid-keys.ts';

const LIMITS = { timeoutMs: 60_000, maxAnswerBytes: 16_384 };

async function world(change: { timeoutMs?: number; rules?: readonly string[] } = {}) {
  const service = await PushService.start();
  const http = new HttpsClient({ ...LIMITS, ...change, ca: service.ca });
  const rules = new HostRules(change.rules ?? [`127.0.0.1:${service.port}`]);
  const vapid = new Vapid(vapidKeys.privateKey, 'mailto:office@example.org');
  const common = { http, rules, wall: () => wallTime(NOW_MS) };
  const webPush = new WebPush({ ...common, vapid });
  const ntfy = new Ntfy(common);
  const subscriber = new Subscriber();
  const device = {
    kind: 'webpush' as const,
    subscription: subscriber.subscription(`${service.origin}/send/x`),
  };
  return {
    service,
    subscriber,
    push: (changes = {}) => webPush.send({ device, seenAtMs: NOW_MS }, notification(changes)),
    tell: (changes = {}, token?: string) => {
      const topic = { kind: 'ntfy' as const, url: `${service.origin}/office-4`, token };
      return ntfy.send({ device: topic, seenAtMs: NOW_MS }, notification(changes));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([webPush.close(), ntfy.close()]);
      await service[Symbol.asyncDispose]();
    },
  };
}

type Row = [what: string, reply: Reply, outcome: object];

/** What all push services over HTTP share. */
const common: readonly Row[] = [
  ['too many requests', { status: 429 }, { outcome: 'later', reason: 'status_429' }],
  [
    'too many requests, with the seconds to wait',
    { status: 429, headers: { 'retry-after': '120' } },
    { outcome: 'later', reason: 'status_429', retryAfterMs: 120_000 },
  ],
  [
    'out of order, with the date to come back at',
    { status: 503, headers: { 'retry-after': 'Sat, 28 Nov 2026 09:10:00 GMT' } },
    { outcome: 'later', reason: 'status_503', retryAfterMs: 600_000 },
  ],
  ['an error of its own', { status: 500 }, { outcome: 'later', reason: 'status_500' }],
  ['not authenticated', { status: 401 }, { outcome: 'refused', reason: 'status_401' }],
  ['forbidden', { status: 403 }, { outcome: 'refused', reason: 'status_403' }],
  ['too large', { status: 413 }, { outcome: 'refused', reason: 'status_413' }],
  ['a bad request', { status: 400 }, { outcome: 'refused', reason: 'status_400' }],
  [
    'a redirect',
    { status: 307, headers: { location: 'https://127.0.0.1:1/' } },
    { outcome: 'refused', reason: 'redirect' },
  ],
];

describe('Web Push', () => {
  it('sends what its subscriber alone reads: a declarative message', async () => {
    await using here = await world();
    expect(await here.push()).toEqual({ outcome: 'accepted' });
    const { method, path, body } = here.service.only;
    expect([method, path]).toEqual(['POST', '/send/x']);
    expect(JSON.parse(here.subscriber.decrypt(body).toString())).toEqual({
      web_push: 8030,
      notification: {
        title: 'New appointment',
        body: 'Haircut · 28 November, 11:00',
        lang: 'en',
        navigate: 'https://office.example.org/appointments/12',
        tag: 'appointment-12',
        data: { event: 'appointment.created', appointment_id: '12' },
      },
    });
  });

  it('tells the push service for how long, how urgent, what it replaces and who asks', async () => {
    await using here = await world();
    await here.push();
    const { headers } = here.service.only;
    expect(headers).toMatchObject({
      ttl: '7200',
      urgency: 'high',
      topic: 'appointment-12',
      'content-encoding': 'aes128gcm',
    });
    expect(claimsIn(headers.authorization ?? '', vapidKeys.publicKey, NOW_MS)).toMatchObject({
      aud: here.service.origin,
    });
  });

  it.each([
    ['an appointment that begins now', NOW_MS + 10, '1'],
    ['an appointment of next year', NOW_MS + 365 * 86_400_000, '2419200'],
  ])('keeps the time to live within what push services take: %s', async (_, expiresAtMs, ttl) => {
    await using here = await world();
    await here.push({ expiresAtMs });
    expect(here.service.only.headers['ttl']).toBe(ttl);
  });

  it.each<Row>([
    ['not found', { status: 404 }, { outcome: 'gone', reason: 'status_404' }],
    ['gone', { status: 410 }, { outcome: 'gone', reason: 'status_410' }],
    [
      'no subscriber of late, as ntfy says it',
      { status: 507 },
      { outcome: 'refused', reason: 'no_subscriber' },
    ],
    ...common,
  ])('takes an answer for what it means: %s', async (_, reply, outcome) => {
    await using here = await world();
    here.service.respond = () => reply;
    expect(await here.push()).toEqual(outcome);
  });

  it('sends nothing that no push service takes', async () => {
    await using here = await world();
    expect(await here.push({ body: 'x'.repeat(4_000) })).toEqual({ outcome: 'refused', reason: 'too_large' });
    expect(here.service.asked).toEqual([]);
  });

  it('uses one connection for many', async () => {
    await using here = await world();
    for (let sent = 0; sent < 3; sent += 1) await here.push();
    expect(here.service.connections).toBe(1);
  });

  it('gives up waiting for an answer', async () => {
    await using here = await world({ timeoutMs: 100 });
    here.service.respond = () => 'silence';
    expect(await here.push()).toEqual({ outcome: 'later', reason: 'timeout' });
  });

  it('says of a push service that is away that it cannot be reached', async () => {
    const here = await world();
    await here.service[Symbol.asyncDispose]();
    expect(await here.push()).toEqual({ outcome: 'later', reason: 'unreachable' });
  });
});

describe('a topic of ntfy', () => {
  it('gets a text with its title, priority and link', async () => {
    await using here = await world();
    expect(await here.tell()).toEqual({ outcome: 'accepted' });
    const { path, headers, body } = here.service.only;
    expect(path).toBe('/office-4');
    expect(body.toString()).toBe('Haircut · 28 November, 11:00');
    expect(headers).toMatchObject({
      title: 'New appointment',
      priority: '4',
      tags: 'calendar',
      click: 'https://office.example.org/appointments/12',
    });
    expect(headers.authorization).toBeUndefined();
  });

  it('gets a title of other letters as RFC 2047 writes it, and the token of the topic', async () => {
    await using here = await world();
    await here.tell({ title: 'Termin geändert', urgency: 'normal' }, 'tk_abc');
    const { headers } = here.service.only;
    const [, encoded = ''] = /^=\?UTF-8\?B\?(.*)\?=$/.exec(String(headers['title'])) ?? [];
    expect(Buffer.from(encoded, 'base64').toString()).toBe('Termin geändert');
    expect(headers).toMatchObject({ authorization: 'Bearer tk_abc', priority: '3' });
  });

  it.each<Row>([['not found', { status: 404 }, { outcome: 'refused', reason: 'status_404' }], ...common])(
    'takes an answer for what it means: %s',
    async (_, reply, outcome) => {
      await using here = await world();
      here.service.respond = () => reply;
      expect(await here.tell()).toEqual(outcome);
    },
  );
});
