import { HostRules } from '../../../shared/devices/host-rules.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { PushConfig } from '../config.ts';
import { Vapid } from '../crypto/vapid.ts';
import { guardedLookup } from '../http/guarded-lookup.ts';
import { Http2Session } from '../http/http2-session.ts';
import { HttpsClient, type HttpsLimits } from '../http/https-client.ts';
import { Apns } from './apns.ts';
import { Fcm } from './fcm.ts';
import { FcmAccess } from './fcm-access.ts';
import { Ntfy } from './ntfy.ts';
import type { Sender, Senders } from './sender.ts';
import { WebPush } from './web-push.ts';

/** Push services say in less what is wrong. */
const MAX_ANSWER_BYTES = 16 * 1024;

const FCM = 'https://fcm.googleapis.com';
const APPLE = {
  production: 'https://api.push.apple.com',
  sandbox: 'https://api.sandbox.push.apple.com',
} as const;

/** Where the push services of vendors are, and whom to trust beside the machine's own: for tests, which stand in for them. */
export interface Vendors {
  readonly fcm?: string;
  readonly apns?: string;
  readonly ca?: string;
}

/** Those that the settings allow for; ntfy asks for none. */
export function createSenders(config: PushConfig, wall: WallClock, vendors: Vendors = {}): Senders {
  const limits = { timeoutMs: config.pushRequestTimeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES };
  const trusted = vendors.ca === undefined ? limits : { ...limits, ca: vendors.ca };
  const rules = new HostRules(config.pushAllowedHosts);
  // What phones name is asked by nobody's credentials, and connections to it are its own.
  const http = new HttpsClient({ ...trusted, lookup: guardedLookup((host) => rules.mayBePrivate(host)) });
  const webPush = webPushOf(config, { http, rules, wall });
  const fcm = fcmOf(config, trusted, wall, vendors.fcm ?? FCM);
  const apns = apnsOf(config, trusted, wall, vendors.apns ?? APPLE[config.pushApnsServer]);
  return {
    ntfy: new Ntfy({ http, rules, wall }),
    ...(webPush && { webpush: webPush, unifiedpush: webPush }),
    ...(fcm && { fcm }),
    ...(apns && { apns }),
  };
}

export async function closeSenders(senders: Senders): Promise<void> {
  const all: readonly Pick<Sender, 'close'>[] = Object.values(senders);
  await Promise.all([...new Set(all)].map((sender) => sender.close()));
}

function webPushOf(
  { pushVapidPrivateKey: key, pushSubject: subject }: PushConfig,
  parts: { readonly http: HttpsClient; readonly rules: HostRules; readonly wall: WallClock },
): WebPush | undefined {
  if (key === undefined || subject === undefined) return undefined;
  return new WebPush({ ...parts, vapid: new Vapid(key.reveal(), subject) });
}

function fcmOf(
  { pushFcmAccount, pushFcmMessage: message }: PushConfig,
  limits: HttpsLimits,
  wall: WallClock,
  origin: string,
): Fcm | undefined {
  const account = pushFcmAccount?.reveal();
  if (account === undefined) return undefined;
  const http = new HttpsClient(limits);
  const access = new FcmAccess(account, http);
  return new Fcm({ http, access, origin, projectId: account.project_id, message, wall });
}

function apnsOf(config: PushConfig, limits: HttpsLimits, wall: WallClock, origin: string): Apns | undefined {
  const { pushApnsKey: key, pushApnsKeyId: keyId, pushApnsTeamId: teamId, pushApnsTopic: topic } = config;
  if (key === undefined || keyId === undefined || teamId === undefined || topic === undefined)
    return undefined;
  const session = new Http2Session({ ...limits, origin });
  return new Apns({ session, origin, key: { privateKey: key.reveal(), keyId, teamId }, topic, wall });
}
