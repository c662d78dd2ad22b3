import { calendar } from './calendar.ts';
import { connecting } from './connect.ts';
import { fanOut } from './fan-out.ts';
import { idle } from './idle.ts';
import { rooms } from './rooms.ts';
import type { Scenario } from './scenario.ts';

/** In the order of the table. */
export const scenarios: readonly Scenario[] = [fanOut, rooms, calendar, connecting, idle];
