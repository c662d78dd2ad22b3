import { z } from 'zod';
import { roles } from '../contract/rooms.ts';

/** Longer than the endpoints of all push services known; each is kept in memory for as long as the device. */
const MAX_URL = 2_048;
/** FCM's are about 170 characters, Apple's 64 and said to grow. */
const MAX_TOKEN = 1_024;
/** Of an uncompressed point of P-256 and of a secret of 16 bytes (RFC 8291, 3.2), as browsers write them. */
const Point = z.string().regex(/^B[\w-]{86}=?$/, 'expected the p256dh key of a push subscription');
const Auth = z.string().regex(/^[\w-]{22}(==)?$/, 'expected the auth secret of a push subscription');

const Url = z.string().min(1).max(MAX_URL);

/** A `PushSubscription` as browsers make JSON of it; UnifiedPush has the same three values. */
export const Subscription = z.object({
  endpoint: Url,
  keys: z.object({ p256dh: Point, auth: Auth }),
});
export type Subscription = z.infer<typeof Subscription>;

/** How a device is reached while its app is closed: by which push service, and under which address there. */
export const Device = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('webpush'), subscription: Subscription }),
  z.object({ kind: z.literal('unifiedpush'), subscription: Subscription }),
  z.object({
    kind: z.literal('ntfy'),
    /** Of the topic. */
    url: Url,
    /** An access token of ntfy, where the topic asks for one. */
    token: z
      .string()
      .regex(/^tk_\w{1,100}$/, 'expected an access token of ntfy, which begins with tk_')
      .optional(),
  }),
  z.object({
    kind: z.literal('fcm'),
    token: z
      .string()
      .regex(/^[\w:.-]+$/, 'expected a registration token of FCM')
      .max(MAX_TOKEN),
  }),
  z.object({
    kind: z.literal('apns'),
    token: z
      .string()
      .regex(/^[0-9a-fA-F]{64,}$/, 'expected a device token of Apple in hexadecimal digits')
      .max(MAX_TOKEN),
  }),
]);
export type Device = z.infer<typeof Device>;
export type DeviceKind = Device['kind'];
export type DeviceOf<Kind extends DeviceKind> = Extract<Device, { readonly kind: Kind }>;

/** What its user says of a device with each registration, whole: a phone that changes hands stays with nobody. */
export const Registration = z.intersection(
  Device,
  z.object({
    /** BCP 47, as the phone has it. */
    language: z
      .string()
      .regex(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$/, 'expected a language such as de or pt-BR')
      .max(35)
      .optional(),
  }),
);
export type Registration = z.infer<typeof Registration>;

/** No one but its phone is to know it: whoever does can take the device away from its user. */
const DeviceId = z.uuid('expected a random UUID that the app made and keeps');

/** A device as it is kept: whose it is, and since when it was not seen again. */
export const RegisteredDevice = z.object({
  id: DeviceId,
  role: z.enum(roles),
  user_id: z.int().positive(),
  seen_at: z.iso.datetime(),
  registration: Registration,
});
export type RegisteredDevice = z.infer<typeof RegisteredDevice>;

/** One message of the stream of devices; `barrier` marks the end for whoever wrote it. */
export const DeviceLine = z.union([
  z.object({ device: RegisteredDevice }),
  /** Unless it was registered again since. */
  z.object({ removed: RegisteredDevice.pick({ id: true, seen_at: true }) }),
  z.object({ barrier: z.string().min(1) }),
]);
export type DeviceLine = z.infer<typeof DeviceLine>;
