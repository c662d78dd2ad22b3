import { busyRoom } from './busy-room.ts';
import { calendar } from './calendar.ts';
import { calmRoom } from './calm-room.ts';
import { connecting } from './connect.ts';
import { fanOut } from './fan-out.ts';
import { growth } from './growth.ts';
import { heap } from './heap.ts';
import { idle } from './idle.ts';
import { ingest } from './ingest.ts';
import { instances } from './instances.ts';
import { ledger } from './ledger.ts';
import { push } from './push.ts';
import { receipts } from './receipts.ts';
import { resume } from './resume.ts';
import { rooms } from './rooms.ts';
import type { Scenario } from './scenario.ts';
import { storm } from './storm.ts';
import { webhook } from './webhook.ts';

/** In the order of the table. */
export const scenarios: readonly Scenario[] = [
  fanOut,
  busyRoom,
  calmRoom,
  rooms,
  calendar,
  receipts,
  push,
  ingest,
  webhook,
  connecting,
  idle,
  heap,
  storm,
  resume,
  growth,
  instances,
  ledger,
];
