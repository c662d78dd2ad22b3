/** What a test reads of health and metrics is of now. */
const fresh = { MONITORING_MAX_AGE_MS: '0' } as const;

/**
 * Time limits of the services as wide as they go, and no health that is `degraded` because the machine is slow: for tests
 * that are about something else. A test of a limit sets its own.
 */
export const unhurried = {
  delivery: {
    ...fresh,
    AUTH_TIMEOUT_MS: '60000',
    JOIN_TIMEOUT_MS: '600000',
    PONG_TIMEOUT_MS: '24000',
    DRAIN_TIMEOUT_MS: '60000',
    HEALTH_MAX_LATENCY_MS: '600000',
    HEALTH_MAX_LAG_MS: '60000',
  },
  ingest: {
    ...fresh,
    INGEST_BULK_RATE: '0',
    INGEST_LARGE_BODIES_RATE: '0',
    ADMIN_ANSWER_MS: '60000',
    INGEST_CONFIRM_TIMEOUT_MS: '60000',
    REPEATS_READ_TIMEOUT_MS: '600000',
    INGEST_REQUEST_TIMEOUT_MS: '120000',
    DRAIN_TIMEOUT_MS: '60000',
    HEALTH_MAX_CONFIRM_MS: '600000',
    HEALTH_MAX_LAG_MS: '60000',
  },
} as const;
