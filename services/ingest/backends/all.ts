import { easyAppointments } from './easyappointments/backend.ts';

/** A line for each. */
export const backends = [easyAppointments] as const;
