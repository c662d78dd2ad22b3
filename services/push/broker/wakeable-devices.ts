import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { Role } from '../../../shared/contract/rooms.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { RegisteredDevice } from '../../../shared/devices/device.ts';
import type { DeviceList } from '../../../shared/devices/device-list.ts';
import { RevocationList } from '../../../shared/revocations/revocation-list.ts';
import { RevocationStream } from '../../../shared/revocations/revocation-stream.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';

/** Devices of those who may still connect: who is revoked is not told by push either. */
export class WakeableDevices {
  readonly #revoked = new RevocationList();
  readonly #stream: RevocationStream;
  readonly #wall: WallClock;

  constructor(
    connection: BrokerConnection,
    private readonly devices: Pick<DeviceList, 'of'>,
    { wall, logger }: { readonly wall: WallClock; readonly logger: Logger },
  ) {
    this.#wall = wall;
    this.#stream = new RevocationStream(connection, { list: this.#revoked, wall, logger });
  }

  get isCurrent(): boolean {
    return this.#stream.isCurrent;
  }

  whenCurrent(): Promise<void> {
    return this.#stream.whenCurrent();
  }

  /** A device is as old as its registration: of a user whose tokens of before are not taken, it has to register again. */
  of(role: Role, userId: number, nowMs: number): readonly RegisteredDevice[] {
    const atMs = unixMs(this.#wall());
    return this.devices.of(role, userId, nowMs).filter(({ seen_at }) => {
      const issuedAtMs = Date.parse(seen_at);
      return this.#revoked.judge({ role, userId, issuedAtMs }, atMs) === undefined;
    });
  }

  close(): Promise<void> {
    return this.#stream.close();
  }
}
