import type { ConstantBound } from './constants.ts';

/** Of the part that wakes phones which are asleep. */
export const pushBounds: readonly ConstantBound[] = [
  {
    what: 'Devices of one person',
    name: 'MAX_DEVICES_PER_PERSON',
    file: 'shared/devices/device-stream.ts',
    beyond: 'the one goes that was not registered for longest',
    test: 'delivery/devices.int.test.ts',
    says: 'is one of ten at most',
  },
  {
    what: 'Days for which a device is kept that is not registered again',
    name: 'DEVICE_MAX_DAYS',
    file: 'shared/contract/topology.ts',
    beyond: 'it is forgotten',
    test: 'devices/device-list.unit.test.ts',
    says: '180 days',
  },
  {
    what: 'Bytes of the stream of devices on the broker',
    name: 'DEVICES_MAX_BYTES',
    file: 'shared/contract/topology.ts',
    beyond: 'the oldest registrations go: their apps register again within a week of use',
    test: 'contract/topology.unit.test.ts',
    says: 'a stream of devices that is bounded in bytes',
  },
  {
    what: 'Changes of the devices of one user in a minute',
    name: 'MAX_CHANGES_PER_MINUTE',
    file: 'services/delivery/devices/devices.ts',
    beyond: '429 `rate_limited` with `Retry-After`',
    test: 'delivery/devices.int.test.ts',
    says: 'is refused where one changes them without end',
  },
  {
    what: 'Bytes of a registration',
    name: 'MAX_BODY_BYTES',
    file: 'services/delivery/transport/http/device-requests.ts',
    beyond: '413 `body_too_large`',
    test: 'delivery/devices.int.test.ts',
    says: 'is larger than any',
  },
  {
    what: 'Users whose changes of devices are counted',
    name: 'MAX_COUNTED',
    file: 'services/delivery/devices/devices.ts',
    beyond: 'the one counted first is counted anew',
    test: 'delivery/devices.int.test.ts',
    says: 'changes them without end',
  },
];
