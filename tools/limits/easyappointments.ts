import type { IngestVariables } from '../../services/ingest/config.ts';
import type { Reach } from './row.ts';

type Setting = Extract<keyof typeof IngestVariables.shape, `EASYAPPOINTMENTS_${string}`>;

/** What bounds our reading of the backend. The order is that of the settings. */
export const easyAppointmentsSettings: Readonly<Partial<Record<Setting, Reach>>> = {
  EASYAPPOINTMENTS_KEEP_DAYS: {
    beyond: 'an appointment that ended before is forgotten: a change of it is announced as new',
    test: 'ingest/easyappointments/absences.unit.test.ts',
    says: 'that ended long ago is forgotten, as appointments are',
  },
  EASYAPPOINTMENTS_RECONCILE_MINUTES: {
    beyond: 'the next run begins',
    test: 'ingest/reconcile-schedule.int.test.ts',
    says: 'a period after the end of the one before',
  },
  EASYAPPOINTMENTS_RECONCILE_DAYS: {
    beyond: 'what lies further ahead is not compared; its webhooks count as ever',
    test: 'ingest/reconcile.int.test.ts',
    says: 'outside the days is not asked for',
  },
  EASYAPPOINTMENTS_RECONCILE_MAX_ROWS: {
    beyond: 'further rows are not compared; the log and the report of the run say so',
    test: 'ingest/reconcile-lists.int.test.ts',
  },
  EASYAPPOINTMENTS_REQUEST_INTERVAL_MS: {
    beyond: 'the next request goes out',
    test: 'ingest/reconcile-schedule.int.test.ts',
    says: 'keep the interval between them',
  },
  EASYAPPOINTMENTS_REQUEST_TIMEOUT_MS: {
    beyond: 'the request is broken off and tried again; after five failures the run is given up',
    test: 'ingest/reconcile-faults.int.test.ts',
    says: 'no answer in time',
  },
  EASYAPPOINTMENTS_MAX_RESPONSE_BYTES: {
    beyond: 'the answer is not read to its end, and the run is given up with a line that says why',
    test: 'ingest/reconcile-faults.int.test.ts',
  },
};
