import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { generateKeyPairSync } from 'node:crypto';
import { HttpsClient } from '../../services/push/http/https-client.ts';
import { FcmAccess } from '../../services/push/senders/fcm-access.ts';
import { Fcm } from '../../services/push/senders/fcm.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { NOW_MS, notification } from './notifications.ts';
import { PushService, type Asked, type Reply } from '../../tools/push-service/push-service.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const TOKEN_PATH = '/token';
const SEND_PATH = '/v1/projects/office-7/messages:send';
const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest';

async function world({ message = 'notification' }: { message?: 'notification' | 'data' } = {}) {
  const service = await PushService.start();
  const reply: Reply = { status: 200, body: { name: 'x' } };
  const state = { nowMs: NOW_MS, granted: 0, reply };
  let exchange: () => Reply = () => {
    state.granted += 1;
    return { status: 200, body: { access_token: `access-${state.granted}`, expires_in: 3_599 } };
  };
  service.respond = ({ path }) => (path === TOKEN_PATH ? exchange() : state.reply);
  const http = new HttpsClient({ timeoutMs: 60_000, maxAnswerBytes: 16_384, ca: service.ca });
  const account = {
    project_id: 'office-7',
    client_email: 'push@office-7.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    private_key_id: 'key-1',
    token_uri: service.origin + TOKEN_PATH,
  };
  const access = new FcmAccess(account, http);
  const wall = () => wallTime(state.nowMs);
  const fcm = new Fcm({ http, access, origin: service.origin, projectId: 'office-7', message, wall });
  const askedAt = (path: string): readonly Asked[] => service.asked.filter((asked) => asked.path === path);
  return {
    service,
    state,
    refuseAccess: (status: number) => (exchange = () => ({ status, body: { error: 'invalid_grant' } })),
    push: () => fcm.send({ device: { kind: 'fcm', token: 'phone:1' }, seenAtMs: NOW_MS }, notification()),
    sent: () =>
      askedAt(SEND_PATH).map(({ headers, body }) => ({
        headers,
        body: JSON.parse(body.toString()) as unknown,
      })),
    exchanged: () => askedAt(TOKEN_PATH),
    async [Symbol.asyncDispose]() {
      await fcm.close();
      await service[Symbol.asyncDispose]();
    },
  };
}

function failure(status: number, errorCode: string, field?: string): Reply {
  const violations = field === undefined ? [] : [{ '@type': BAD_REQUEST, fieldViolations: [{ field }] }];
  const details = [{ '@type': FCM_ERROR, errorCode }, ...violations];
  return { status, body: { error: { code: status, message: 'no', status: 'X', details } } };
}

type Row = [what: string, reply: Reply, outcome: object];

describe('FCM', () => {
  it('changes the key of a service account for a token, and sends with that', async () => {
    await using here = await world();
    expect(await here.push()).toEqual({ outcome: 'accepted' });
    const [exchange] = here.exchanged();
    const form = new URLSearchParams(exchange?.body.toString());
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const assertion = jwt.verify(form.get('assertion') ?? '', publicKey, {
      algorithms: ['RS256'],
      complete: true,
      clockTimestamp: NOW_MS / 1_000,
    });
    expect(assertion).toMatchObject({
      header: { kid: 'key-1' },
      payload: {
        iss: 'push@office-7.iam.gserviceaccount.com',
        scope: 'https://www.googleapis.com/auth/firebase.messaging',
        aud: `${here.service.origin}/token`,
        iat: NOW_MS / 1_000,
        exp: NOW_MS / 1_000 + 3_600,
      },
    });
    expect(here.sent()).toMatchObject([{ headers: { authorization: 'Bearer access-1' } }]);
  });

  it('lets the phone show it, under a tag that a newer one takes', async () => {
    await using here = await world();
    await here.push();
    expect(here.sent()[0]?.body).toEqual({
      message: {
        token: 'phone:1',
        notification: { title: 'New appointment', body: 'Haircut · 28 November, 11:00' },
        data: {
          event: 'appointment.created',
          appointment_id: '12',
          url: 'https://office.example.org/appointments/12',
          tag: 'appointment-12',
          language: 'en',
        },
        android: { ttl: '7200s', priority: 'HIGH', notification: { tag: 'appointment-12' } },
        apns: {
          headers: {
            'apns-collapse-id': 'appointment-12',
            'apns-expiration': String(NOW_MS / 1_000 + 7_200),
          },
        },
      },
    });
  });

  it('gives the app everything to show itself, where it is set so', async () => {
    await using here = await world({ message: 'data' });
    await here.push();
    const [{ body } = { body: undefined }] = here.sent();
    expect(body).toMatchObject({ message: { data: { title: 'New appointment', tag: 'appointment-12' } } });
    expect(body).not.toHaveProperty('message.notification');
    expect(body).not.toHaveProperty('message.android.notification');
  });

  it('asks for a token once for all that are sent together, and anew before it ends', async () => {
    await using here = await world();
    await Promise.all([here.push(), here.push(), here.push()]);
    here.state.nowMs += 54 * 60_000;
    await here.push();
    expect(here.exchanged()).toHaveLength(1);
    here.state.nowMs += 60_000;
    await here.push();
    expect(here.exchanged()).toHaveLength(2);
    expect(here.sent().at(-1)).toMatchObject({ headers: { authorization: 'Bearer access-2' } });
  });

  it('asks for another token once one is not taken', async () => {
    await using here = await world();
    here.state.reply = { status: 401 };
    expect(await here.push()).toEqual({ outcome: 'later', reason: 'access_token_refused' });
    here.state.reply = { status: 200 };
    expect(await here.push()).toEqual({ outcome: 'accepted' });
    expect(here.exchanged()).toHaveLength(2);
  });

  it.each([
    [400, 'refused'],
    [401, 'refused'],
    [503, 'later'],
    [200, 'later'],
  ])('sends nothing without a token: the exchange answers %i', async (status, outcome) => {
    await using here = await world();
    here.refuseAccess(status);
    expect(await here.push()).toEqual({ outcome, reason: 'no_access_token' });
    expect(here.sent()).toEqual([]);
  });

  it.each<Row>([
    ['a phone that is no more', failure(404, 'UNREGISTERED'), { outcome: 'gone', reason: 'unregistered' }],
    ['a project that is not there', { status: 404 }, { outcome: 'refused', reason: 'status_404' }],
    ['a token that is none', failure(400, 'INVALID_ARGUMENT'), { outcome: 'gone', reason: 'invalid_token' }],
    [
      'a token that is none, with the field',
      failure(400, 'INVALID_ARGUMENT', 'message.token'),
      { outcome: 'gone', reason: 'invalid_token' },
    ],
    [
      'a fault of ours',
      failure(400, 'INVALID_ARGUMENT', 'message.android.ttl'),
      { outcome: 'refused', reason: 'status_400' },
    ],
    [
      'a phone of another project',
      failure(403, 'SENDER_ID_MISMATCH'),
      { outcome: 'gone', reason: 'sender_id_mismatch' },
    ],
    [
      'no key for Apple',
      failure(401, 'THIRD_PARTY_AUTH_ERROR'),
      { outcome: 'refused', reason: 'third_party_auth_error' },
    ],
    ['too much', failure(429, 'QUOTA_EXCEEDED'), { outcome: 'later', reason: 'status_429' }],
    ['an error of its own', failure(500, 'INTERNAL'), { outcome: 'later', reason: 'status_500' }],
    [
      'out of order',
      { ...failure(503, 'UNAVAILABLE'), headers: { 'retry-after': '30' } },
      { outcome: 'later', reason: 'status_503', retryAfterMs: 30_000 },
    ],
    [
      'something that is no JSON',
      { status: 502, body: '<html>' },
      { outcome: 'later', reason: 'status_502' },
    ],
  ])('takes an answer for what it means: %s', async (_, reply, outcome) => {
    await using here = await world();
    here.state.reply = reply;
    expect(await here.push()).toEqual(outcome);
  });
});
