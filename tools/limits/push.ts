import type { PushVariables } from '../../services/push/config.ts';
import type { ConstantBound } from './constants.ts';
import type { Reach } from './row.ts';

export type PushSetting = keyof typeof PushVariables.shape;

export const pushSettings: Readonly<Partial<Record<PushSetting, Reach>>> = {
  PUSH_AFTER_SECONDS: {
    beyond: 'who has not read the event is woken',
    test: 'push/push.int.test.ts',
    says: 'is told of a new appointment',
  },
  PUSH_GATHER_MS: {
    beyond: 'the next notification',
    test: 'push/waker.unit.test.ts',
    says: 'is woken once for all that comes together',
  },
  PUSH_MAX_RUNNING: {
    beyond: 'a notification waits for its turn at that host',
    test: 'push/dispatcher.unit.test.ts',
    says: 'go to one host so many at a time',
  },
  PUSH_MAX_WAITING: {
    beyond: 'the event waits for `PUSH_AFTER_SECONDS` once more',
    test: 'push/dispatcher.unit.test.ts',
    says: 'are handed back where too many wait for one host',
  },
  PUSH_MAX_TRIES: {
    beyond: 'receipt `failed`, with the reason of the last try',
    test: 'push/dispatcher.unit.test.ts',
    says: 'is given up after so many tries',
  },
  PUSH_GIVE_UP_SECONDS: {
    beyond: 'receipt `failed`, with the reason of the last try',
    test: 'push/dispatcher.unit.test.ts',
    says: 'wants more time than it is worth',
  },
  PUSH_REQUEST_TIMEOUT_MS: {
    beyond: 'the request is broken off, and tried again',
    test: 'push/hostile-answers.int.test.ts',
    says: 'cannot hold a request by headers that never end',
  },
  PUSH_PREFETCH: {
    beyond:
      'events wait in `appointments.push`; once half as many notifications are under way, each host has an equal part of them',
    test: 'push/waiting-queue.int.test.ts',
  },
  PUSH_MAX_KNOWN: {
    beyond: 'the oldest is forgotten: somebody may be woken for what they have read, or were told',
    test: 'push/knowledge.unit.test.ts',
    says: 'maxEntries',
  },
  HEALTH_MAX_PUSH_QUEUE: {
    beyond: 'health says `degraded`, reason `push_backlog`',
    test: 'push/health.unit.test.ts',
  },
};

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
    beyond: 'the oldest registrations go: their apps register again within a day of use',
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
  {
    what: 'How old an event is for which somebody is woken; while nobody pushes it waits no longer',
    name: 'PUSH_MAX_AGE_MS',
    file: 'shared/contract/topology.ts',
    beyond: 'nobody is woken for it',
    test: 'contract/topology.unit.test.ts',
    says: 'never refuses an event',
  },
  {
    what: 'Bytes of events that wait while nobody pushes',
    name: 'PUSH_MAX_BYTES',
    file: 'shared/contract/topology.ts',
    beyond: 'the oldest go; whoever publishes is not refused',
    test: 'contract/topology.unit.test.ts',
    says: 'never refuses an event',
  },
  {
    what: 'How long what is to be told to somebody waits for what they are being told, after `PUSH_GATHER_MS`',
    name: 'TURN_MS',
    file: 'services/push/waking/waker.ts',
    beyond: 'it waits for `PUSH_AFTER_SECONDS` once more',
    test: 'push/told-at-once.unit.test.ts',
    says: 'has the rest sent round where that takes too long',
  },
  {
    what: 'How long that takes at most once one phone of theirs was reached',
    name: 'OTHERS_MS',
    file: 'services/push/waking/every-phone.ts',
    beyond: 'receipt `pushed`; their other phones go on being tried while push runs',
    test: 'push/told-at-once.unit.test.ts',
    says: 'goes on being told there',
  },
  {
    what: 'Times that a message of push comes again',
    name: 'PUSH_ATTEMPTS',
    file: 'shared/contract/topology.ts',
    beyond: 'it is dropped',
    test: 'contract/topology.unit.test.ts',
    says: 'never refuses an event',
  },
];
