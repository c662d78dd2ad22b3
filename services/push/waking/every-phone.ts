import type { RegisteredDevice } from '../../../shared/devices/device.ts';
import type { Delivered } from '../sending/dispatcher.ts';
import type { CallLater } from '../sending/lane.ts';

/** Once one phone of a person has it, for the others: longer than a push service takes that is well. */
const OTHERS_MS = 3_000;

/** A notification on its way to every phone of a person. */
export interface OnItsWay {
  /** A phone that was reached, once all were, or the others have had a moment for it; `undefined`: none will be. */
  readonly reached: Promise<RegisteredDevice | undefined>;
  /** No phone is tried any more. */
  readonly ended: Promise<readonly Delivered[]>;
}

/** `isReached`: whether another phone was meanwhile. */
export function sendToEvery(
  devices: readonly RegisteredDevice[],
  send: (device: RegisteredDevice, isReached: () => boolean) => Promise<Delivered>,
  callLater: CallLater,
): OnItsWay {
  let first: RegisteredDevice | undefined;
  let stopWaiting: (device: RegisteredDevice) => void = () => undefined;
  const longEnough = new Promise<RegisteredDevice>((resolve) => (stopWaiting = resolve));
  const sendTo = async (device: RegisteredDevice): Promise<Delivered> => {
    const delivered = await send(device, () => first !== undefined);
    if (delivered.result === 'pushed' && first === undefined) {
      first = device;
      callLater(() => stopWaiting(device), OTHERS_MS);
    }
    return delivered;
  };
  const ended = Promise.all(devices.map(sendTo));
  return { ended, reached: Promise.race([longEnough, ended.then(() => first)]) };
}
