import type { Role } from '../contract/rooms.ts';
import type { Device, DeviceLine, RegisteredDevice } from './device.ts';

export interface DeviceLimits {
  /** Of one person; the one that was not seen for longest goes. */
  readonly maxPerPerson: number;
  /** Without being registered again. */
  readonly maxAgeMs: number;
}

/**
 * Every device and whose it is, by the lines of the stream in their order: all who read it know the same. A device has one
 * user, who is whoever registered it last, by its id or from the same address: a phone that changes hands stays with nobody.
 */
export class DeviceList {
  /** The longest unseen first. */
  readonly #byId = new Map<string, RegisteredDevice>();
  readonly #idByAddress = new Map<string, string>();
  readonly #byPerson = new Map<string, Map<string, RegisteredDevice>>();

  constructor(private readonly limits: DeviceLimits) {}

  get size(): number {
    return this.#byId.size;
  }

  apply(line: DeviceLine): void {
    if ('device' in line) this.#register(line.device);
    else if ('removed' in line) this.#remove(line.removed);
  }

  get(id: string, nowMs: number): RegisteredDevice | undefined {
    const device = this.#byId.get(id);
    return device === undefined || this.#isTooOld(device, nowMs) ? undefined : device;
  }

  /** Of one person, the longest unseen first. */
  of(role: Role, userId: number, nowMs: number): readonly RegisteredDevice[] {
    const devices = [...(this.#byPerson.get(personOf({ role, user_id: userId }))?.values() ?? [])];
    return devices.filter((device) => !this.#isTooOld(device, nowMs));
  }

  /** All there are, in an order that makes the same list of them again. */
  entries(nowMs: number): readonly RegisteredDevice[] {
    return [...this.#byId.values()].filter((device) => !this.#isTooOld(device, nowMs));
  }

  /** Called now and then: what is too old takes no memory. */
  forgetUnseen(nowMs: number): void {
    for (const device of this.#byId.values()) if (this.#isTooOld(device, nowMs)) this.#drop(device.id);
  }

  #register(device: RegisteredDevice): void {
    const address = addressOf(device.registration);
    this.#drop(device.id);
    this.#drop(this.#idByAddress.get(address));
    this.#byId.set(device.id, device);
    this.#idByAddress.set(address, device.id);
    const person = personOf(device);
    const devices = this.#byPerson.get(person) ?? new Map<string, RegisteredDevice>();
    this.#byPerson.set(person, devices.set(device.id, device));
    if (devices.size > this.limits.maxPerPerson) this.#drop(devices.keys().next().value);
  }

  #remove({ id, seen_at }: Pick<RegisteredDevice, 'id' | 'seen_at'>): void {
    const device = this.#byId.get(id);
    if (device !== undefined && Date.parse(device.seen_at) <= Date.parse(seen_at)) this.#drop(id);
  }

  #drop(id: string | undefined): void {
    const device = id === undefined ? undefined : this.#byId.get(id);
    if (device === undefined) return;
    this.#byId.delete(device.id);
    this.#idByAddress.delete(addressOf(device.registration));
    const person = personOf(device);
    const devices = this.#byPerson.get(person);
    devices?.delete(device.id);
    if (devices?.size === 0) this.#byPerson.delete(person);
  }

  #isTooOld({ seen_at }: RegisteredDevice, nowMs: number): boolean {
    return nowMs - Date.parse(seen_at) >= this.limits.maxAgeMs;
  }
}

function personOf({ role, user_id }: Pick<RegisteredDevice, 'role' | 'user_id'>): string {
  return `${role} ${user_id}`;
}

/** Where a push service finds it. */
function addressOf(device: Device): string {
  switch (device.kind) {
    case 'webpush':
    case 'unifiedpush':
      return device.subscription.endpoint;
    case 'ntfy':
      return device.url;
    case 'fcm':
    case 'apns':
      return `${device.kind} ${device.token}`;
  }
}
