import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../../shared/contract/errors.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { TokenBucket } from '../../../shared/core/token-bucket.ts';
import { stampOf, unixMs, wallTime } from '../../../shared/core/wall-time.ts';
import {
  RegisteredDevice,
  Registration,
  type Device,
  type DeviceLine,
} from '../../../shared/devices/device.ts';
import type { DeviceStream } from '../../../shared/devices/device-stream.ts';
import type { HostRules } from '../../../shared/devices/host-rules.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { personalRoomOf, userKeyOf, type Principal } from '../session/access.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Apps register at each start: what says nothing new is written once in so long. */
const SEEN_AGAIN_MS = DAY_MS;
/** Of one user, on all devices together; as many at once after a rest. */
const MAX_CHANGES_PER_MINUTE = 20;
/** Users whose changes are counted at a time; of more, the first are counted anew. */
const MAX_COUNTED = 20_000;
const MINUTE_MS = 60_000;

export interface DevicesOptions {
  readonly stream: Pick<DeviceStream, 'isCurrent' | 'write'> & {
    readonly list: Pick<DeviceStream['list'], 'get' | 'of'>;
  };
  readonly rules: Pick<HostRules, 'problemOf'>;
  readonly wall: WallClock;
  readonly now: SteadyClock;
}

/** Why a device is not taken, in the codes of HTTP. */
export interface DeviceRefusal {
  readonly code: 'INVALID_DEVICE' | 'ACCESS_DENIED' | 'RATE_LIMITED' | 'OVERLOADED';
  readonly message: string;
  readonly waitSeconds?: number;
}

/** A device as its user is told of it: its address at the push service is for nobody else to see. */
export interface ShownDevice {
  readonly id: string;
  readonly kind: Device['kind'];
  readonly language?: string;
  readonly seen_at: string;
}

const NO_ROOM: DeviceRefusal = {
  code: 'ACCESS_DENIED',
  message: 'An admin has no room of their own: there is nothing to be woken for.',
};
const UNAVAILABLE: DeviceRefusal = {
  code: 'OVERLOADED',
  message: 'The devices cannot be read or kept now. Come back.',
};
const TOO_MANY: DeviceRefusal = {
  code: 'RATE_LIMITED',
  message: `At most ${MAX_CHANGES_PER_MINUTE} changes of devices a minute.`,
  waitSeconds: MINUTE_MS / 1_000 / MAX_CHANGES_PER_MINUTE,
};

/** The devices on which users are woken, as each of them sees and changes their own. */
export class Devices {
  readonly #changes = new ExpiringMap<string, TokenBucket>(MAX_COUNTED, MINUTE_MS);

  constructor(private readonly options: DevicesOptions) {}

  /** Resolves to `undefined` once the device is kept, and is nobody else's any more. */
  async register(principal: Principal, id: string, body: unknown): Promise<DeviceRefusal | undefined> {
    if (personalRoomOf(principal) === undefined) return NO_ROOM;
    const registration = Registration.safeParse(body);
    if (!registration.success) return invalid(registration.error.issues[0]);
    const problem = this.#problemOf(registration.data);
    if (problem !== undefined) return problem;
    const { stream, wall } = this.options;
    if (!stream.isCurrent) return UNAVAILABLE;
    const device = RegisteredDevice.safeParse({
      id,
      role: principal.role,
      user_id: principal.userId,
      seen_at: stampOf(wall()),
      registration: registration.data,
    });
    if (!device.success) return invalid(device.error.issues[0]);
    if (this.#saysNothingNew(device.data)) return undefined;
    return this.#change(principal, { device: device.data });
  }

  of({ role, userId }: Principal): readonly ShownDevice[] | DeviceRefusal {
    const { stream, wall } = this.options;
    if (!stream.isCurrent) return UNAVAILABLE;
    return stream.list.of(role, userId, unixMs(wall())).map(({ id, seen_at, registration }) => {
      const { kind, language } = registration;
      return { id, kind, ...(language !== undefined && { language }), seen_at };
    });
  }

  /** Also where there is no such device; one of another user stays. */
  async remove(principal: Principal, id: string): Promise<DeviceRefusal | undefined> {
    const { stream, wall } = this.options;
    if (!stream.isCurrent) return UNAVAILABLE;
    const nowMs = unixMs(wall());
    const device = stream.list.get(id, nowMs);
    if (device?.user_id !== principal.userId || device.role !== principal.role) return undefined;
    // The clock of the instance that wrote it may be ahead.
    const seen_at = stampOf(wallTime(Math.max(nowMs, Date.parse(device.seen_at))));
    return this.#change(principal, { removed: { id, seen_at } });
  }

  async #change(principal: Principal, line: DeviceLine): Promise<DeviceRefusal | undefined> {
    const nowMs = this.options.now();
    const user = userKeyOf(principal);
    const changes = this.#changes.getOrSet(user, nowMs, () => {
      return new TokenBucket(MAX_CHANGES_PER_MINUTE / 60, MAX_CHANGES_PER_MINUTE);
    });
    if (!changes.take(nowMs)) return TOO_MANY;
    try {
      await this.options.stream.write(line);
      return undefined;
    } catch (error) {
      if (error instanceof AppError && error.retryable) return UNAVAILABLE;
      throw error;
    }
  }

  #problemOf(device: Device): DeviceRefusal | undefined {
    const endpoint = endpointOf(device);
    const problem = endpoint === undefined ? undefined : this.options.rules.problemOf(endpoint);
    if (problem === undefined) return undefined;
    return { code: 'INVALID_DEVICE', message: `Its address is not one of a push service: ${problem}.` };
  }

  #saysNothingNew({ id, role, user_id, registration }: RegisteredDevice): boolean {
    const nowMs = unixMs(this.options.wall());
    const known = this.options.stream.list.get(id, nowMs);
    if (known === undefined || nowMs - Date.parse(known.seen_at) >= SEEN_AGAIN_MS) return false;
    const isSameUser = known.role === role && known.user_id === user_id;
    return isSameUser && isDeepStrictEqual(known.registration, registration);
  }
}

/** What a user named, and we would ask. */
function endpointOf(device: Device): string | undefined {
  if ('subscription' in device) return device.subscription.endpoint;
  return 'url' in device ? device.url : undefined;
}

function invalid(issue: { path: PropertyKey[]; message: string } | undefined): DeviceRefusal {
  const where = (issue?.path ?? []).join('.');
  const what = issue?.message ?? 'not a device';
  return { code: 'INVALID_DEVICE', message: where === '' ? what : `${where}: ${what}` };
}
