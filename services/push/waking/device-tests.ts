import type { RegisteredDevice } from '../../../shared/devices/device.ts';
import type { DeviceList } from '../../../shared/devices/device-list.ts';
import type { PushTest, TestedDevice } from '../../../shared/devices/push-test.ts';
import type { Dispatcher, TriedNow } from '../sending/dispatcher.ts';
import type { CallLater } from '../sending/lane.ts';
import { testNotification } from '../texts/notification.ts';

/** Who asked waits for the answer: a push service that is slower than this is slow. */
const PATIENCE_MS = 12_000;

export interface DeviceTestOptions {
  readonly devices: Pick<DeviceList, 'of'>;
  readonly dispatcher: Pick<Dispatcher, 'tryNow'>;
  readonly clickUrl: string;
  /** Its push service does not know the device any more. */
  readonly onGone: (device: RegisteredDevice) => void;
  readonly now: () => number;
  readonly callLater: CallLater;
}

/** Sends a notification to each device of a person, whatever they have read, and tells what their push services said. */
export function testDevices(
  { role, user_id: userId }: PushTest,
  options: DeviceTestOptions,
): Promise<readonly TestedDevice[]> {
  const { devices, now } = options;
  return Promise.all(devices.of(role, userId, now()).map((device) => testDevice(device, options)));
}

async function testDevice(
  device: RegisteredDevice,
  { dispatcher, clickUrl, onGone, now, callLater }: DeviceTestOptions,
): Promise<TestedDevice> {
  const { registration, seen_at } = device;
  const recipient = { device: registration, seenAtMs: Date.parse(seen_at) };
  const tried = dispatcher.tryNow(recipient, testNotification(registration.language, clickUrl, now()));
  const tooLong = new Promise<TriedNow>((resolve) =>
    callLater(() => resolve({ host: '', outcome: 'later', reason: 'timeout' }), PATIENCE_MS),
  );
  const { host, ...outcome } = await Promise.race([tried, tooLong]);
  if (outcome.outcome === 'gone') onGone(device);
  return {
    kind: registration.kind,
    host,
    seen_at,
    outcome: outcome.outcome,
    ...('reason' in outcome && { reason: outcome.reason }),
  };
}
