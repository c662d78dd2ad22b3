import type { DeliveryVariables } from '../../services/delivery/config.ts';
import type { IngestVariables } from '../../services/ingest/config.ts';
import { easyAppointmentsSettings } from './easyappointments.ts';
import { pushSettings, type PushSetting } from './push.ts';
import type { Reach } from './row.ts';

type OfServices = typeof DeliveryVariables.shape & typeof IngestVariables.shape;
export type Setting = keyof OfServices | PushSetting;

/** Every setting that bounds something. The order is that of the settings. */
export const settingBounds: Readonly<Partial<Record<Setting, Reach>>> = {
  HISTORY_MAX_AGE: {
    beyond: 'a cursor from before it gets `resumed` with `recovered:false`, reason `expired`: load anew',
    test: 'delivery/resume.int.test.ts',
    says: "'expired'",
  },
  HISTORY_MAX_BYTES: {
    beyond: 'the oldest events leave a history that is made now: as beyond its age',
    test: 'broker/history-bounds.int.test.ts',
    says: 'is made with the bound of its bytes',
  },
  DRAIN_TIMEOUT_MS: {
    beyond: 'a stop that takes longer is cut short: exit code 1, what is open breaks off',
    test: 'delivery/drain.int.test.ts',
  },
  HEALTH_MAX_LAG_MS: {
    beyond: 'health says `degraded`, reason `event_loop_lag`; nobody is refused',
    test: 'ingest/health.unit.test.ts',
  },
  MONITORING_MAX_AGE_MS: {
    beyond: 'health, metrics and the status page are worked out anew; nobody asks for them more often',
    test: 'monitoring/max-age.int.test.ts',
    says: 'as often as they like',
  },
  MAX_TOKEN_LIFETIME: {
    beyond: '`AUTH_FAILED`, close 3000; HTTP 401',
    test: 'delivery/token-claims.unit.test.ts',
  },
  MAX_SESSIONS: {
    beyond: '`OVERLOADED`, close 1013; HTTP 503 with `Retry-After`: come back later, to another instance',
    test: 'delivery/http.int.test.ts',
  },
  MAX_SESSIONS_PER_USER: {
    beyond: 'the oldest session of the user closes 4009',
    test: 'delivery/admission.unit.test.ts',
  },
  MAX_SESSIONS_PER_ADDRESS: {
    beyond: 'where a trusted proxy names the address: `OVERLOADED`, close 1013; HTTP 503',
    test: 'delivery/admission.unit.test.ts',
    says: 'takes no more of an address that a trusted proxy names, and of any other address all',
  },
  MAX_CONNECTS_PER_MINUTE: {
    beyond: '`RATE_LIMITED`, close 4008 with the seconds to wait; HTTP 429 with `Retry-After`',
    test: 'delivery/admission.int.test.ts',
  },
  MAX_STRANGERS: {
    beyond: 'the oldest connection without a token closes 1013',
    test: 'delivery/admission.int.test.ts',
  },
  MAX_HANDSHAKES_PER_SECOND: {
    beyond: '503 with a `Retry-After` of up to ten seconds in place of a handshake',
    test: 'delivery/handshakes.int.test.ts',
  },
  MAX_HANDSHAKES_PER_SECOND_PER_ADDRESS: {
    beyond: 'the same, where a trusted proxy names the address',
    test: 'delivery/handshakes.unit.test.ts',
    says: 'counts an address apart that a trusted proxy names',
  },
  MAX_ROOMS_PER_SESSION: {
    beyond: '`ACCESS_DENIED` for that room; the session stays open',
    test: 'delivery/membership.unit.test.ts',
    says: 'is refused at the limit, but a room that the session is in is confirmed again',
  },
  MAX_FRAMES_PER_MINUTE: {
    beyond: '`RATE_LIMITED` for each further frame of that minute',
    test: 'delivery/session-live.unit.test.ts',
  },
  MAX_REFUSALS_PER_MINUTE: {
    beyond: 'close 4008, and every session of the user until the minute is over; HTTP 429',
    test: 'delivery/http.int.test.ts',
  },
  MAX_FRAME_BYTES: {
    beyond: '`INVALID_MESSAGE`, close 1009',
    test: 'delivery/rfc6455.int.test.ts',
  },
  MAX_OUTBOX_BYTES: {
    beyond: '`TOO_SLOW`, close 4002: come back with the cursor',
    test: 'delivery/outbox.int.test.ts',
  },
  AUTH_TIMEOUT_MS: {
    beyond: '`AUTH_REQUIRED`, close 4003',
    test: 'delivery/auth.int.test.ts',
  },
  JOIN_TIMEOUT_MS: {
    beyond: '`OVERLOADED`, close 1013',
    test: 'delivery/reconnect.int.test.ts',
  },
  PING_INTERVAL_MS: {
    beyond: 'the next ping goes out',
    test: 'delivery/heartbeat.int.test.ts',
  },
  PONG_TIMEOUT_MS: {
    beyond: 'the connection of a phone that answers no ping is cut: 1006 where it still lives',
    test: 'delivery/heartbeat.int.test.ts',
  },
  STREAM_COMMENT_MS: {
    beyond: 'a comment goes out on the event stream',
    test: 'delivery/http.int.test.ts',
  },
  MAX_BINDINGS_PER_KIND: {
    beyond: 'the whole kind of room is bound at once; clients see nothing',
    test: 'delivery/bindings.int.test.ts',
  },
  ROOM_LINGER_MS: {
    beyond: 'a room without sessions is unbound; clients see nothing',
    test: 'delivery/bindings.int.test.ts',
  },
  DELIVERY_PREFETCH: {
    beyond: 'events wait in the queue of the instance; clients see latency',
    test: 'delivery/prefetch-window.unit.test.ts',
    says: 'the prefetch',
  },
  RECENT_MAX_BYTES: {
    beyond: 'the oldest event leaves memory: who resumes from before it waits for the history to be read',
    test: 'delivery/timeline.unit.test.ts',
    says: 'maxBytes',
  },
  REWIND_SECONDS: {
    beyond: 'a client without a cursor is given nothing older',
    test: 'delivery/rewind.int.test.ts',
  },
  REWIND_MAX_SYNCS: {
    beyond: 'one `calendar.sync` with reason `gap` instead of all of them: load anew',
    test: 'delivery/rewind-bound.unit.test.ts',
    says: 'more calendar.sync than it may be sent',
  },
  REWIND_MAX_BYTES: {
    beyond: 'what is older is read from the history for who comes without a cursor',
    test: 'delivery/recent-history.unit.test.ts',
    says: 'no longer kept',
  },
  REPLAY_MAX_EVENTS: {
    beyond: '`resumed` with `recovered:false`, reason `too_much`: load anew',
    test: 'delivery/long-resumes.int.test.ts',
  },
  REPLAY_MAX_BYTES: {
    beyond: '`resumed` with `recovered:false`, reason `too_much`: load anew',
    test: 'delivery/scan.unit.test.ts',
    says: 'counts bytes as well as events',
  },
  REPLAY_PAGE_BYTES: {
    beyond: 'the rest is read once the client has taken this',
    test: 'delivery/long-resumes.int.test.ts',
  },
  MAX_LONG_REPLAYS_PER_MINUTE: {
    beyond: '`resumed` with `recovered:false`, reason `busy`; a poll gets 429 with `Retry-After`',
    test: 'delivery/long-resumes.int.test.ts',
  },
  REPLAY_IDLE_MS: {
    beyond: '`TOO_SLOW`, close 4002: come back with the cursor',
    test: 'delivery/feed.unit.test.ts',
    says: 'a replay whose client reads nothing',
  },
  CALENDAR_GATHER_MS: {
    beyond: 'what was gathered for `calendar` is written; sooner where anything else goes to a session',
    test: 'delivery/calendar-gather.unit.test.ts',
  },
  CALENDAR_GATHER_SESSIONS: {
    beyond: 'is gathered for the whole of `CALENDAR_GATHER_MS`; for fewer sessions in proportion',
    test: 'delivery/calendar-gather.unit.test.ts',
    says: 'wait in proportion to the sessions',
  },
  MARK_INTERVAL_MS: {
    beyond: 'the next mark goes out: a cursor in quiet rooms is no older',
    test: 'delivery/resume.int.test.ts',
  },
  DRAIN_SPREAD_MS: {
    beyond: 'the last session of a stopping instance is closed 1012',
    test: 'delivery/drain.int.test.ts',
  },
  HEALTH_MAX_OWN_QUEUE: {
    beyond: 'health says `degraded`, reason `own_queue_backlog`; nobody is refused',
    test: 'delivery/health.unit.test.ts',
  },
  HEALTH_MAX_LATENCY_MS: {
    beyond: 'health says `degraded`, reason `latency_high`; nobody is refused',
    test: 'delivery/health.unit.test.ts',
  },
  ...easyAppointmentsSettings,
  INGEST_MAX_BODY_BYTES: {
    beyond: '413 `body_too_large`; a message of the inbox is set aside in `appointments.rejected`',
    test: 'ingest/bad-input.int.test.ts',
    says: 'over 1 MiB is 413',
  },
  MAX_EVENT_BYTES: {
    beyond: '422 `invalid_event` at its data; of webhooks and `/broadcast` the notes are cut',
    test: 'ingest/bad-input.int.test.ts',
  },
  INGEST_REQUEST_TIMEOUT_MS: {
    beyond: '408 `request_timeout`, and the connection is closed; half of it for the headers',
    test: 'ingest/bad-input.int.test.ts',
  },
  INGEST_MAX_LARGE_BODIES_BYTES: {
    beyond: 'a body above 32 KiB waits unread, for up to 2 s; then 503 `too_many_bodies` with `Retry-After`',
    test: 'ingest/large-bodies.int.test.ts',
  },
  INGEST_LARGE_BODIES_RATE: {
    beyond: 'the same; it is in bytes a second',
    test: 'ingest/body-room.unit.test.ts',
    says: 'come no faster than their bytes a second',
  },
  ADMIN_MAX_REVOCATIONS: {
    beyond: '409 `too_many_revocations`: end some first',
    test: 'ingest/operators.int.test.ts',
  },
  ADMIN_ANSWER_MS: {
    beyond: 'an instance that has not answered an operator is named in `missing`',
    test: 'system/control.e2e.test.ts',
  },
  INGEST_RATE_LIMIT: {
    beyond: '429 `too_many_requests` with `Retry-After`',
    test: 'ingest/access.int.test.ts',
  },
  INGEST_BULK_RATE: {
    beyond: 'the rest of an array, or of the inbox, waits; its 202 comes later',
    test: 'ingest/pace.unit.test.ts',
    says: 'events that come in bulk',
  },
  INGEST_BULK_UNCONFIRMED: {
    beyond: 'arrays and the inbox go on at as little as a tenth of `INGEST_BULK_RATE`',
    test: 'ingest/pace.unit.test.ts',
    says: 'go at a tenth of their pace while the broker is behind',
  },
  INGEST_MAX_BAD_KEYS: {
    beyond: '429 `too_many_requests` for further wrong keys of that address in that minute',
    test: 'ingest/access.int.test.ts',
  },
  INGEST_MAX_UNCONFIRMED: {
    beyond: '503 `too_many_unconfirmed` with `Retry-After`; the inbox waits',
    test: 'broker/publisher.unit.test.ts',
    says: 'bounds what is unconfirmed, in messages and in bytes',
  },
  INGEST_MAX_UNCONFIRMED_BYTES: {
    beyond: '503 `too_many_unconfirmed` with `Retry-After`; the inbox waits',
    test: 'broker/publisher.unit.test.ts',
    says: 'bounds what is unconfirmed, in messages and in bytes',
  },
  INGEST_CONFIRM_TIMEOUT_MS: {
    beyond: '503 `broker_unavailable`: try again with the same id',
    test: 'ingest/outage.int.test.ts',
  },
  INBOX_PREFETCH: {
    beyond: 'messages wait in the inbox',
    test: 'ingest/inbox.int.test.ts',
  },
  INBOX_MAX_MESSAGES: {
    beyond: '503 `inbox_full` with `Retry-After` for what goes by the inbox; health says so',
    test: 'ingest/inbox-full.int.test.ts',
  },
  REPEATS_MAX: {
    beyond: 'the oldest id is forgotten: its event, sent once more, is published once more',
    test: 'ingest/repeats.unit.test.ts',
    says: 'when too many came after it',
  },
  REPEATS_READ_TIMEOUT_MS: {
    beyond:
      'events with an id are taken, and repeats from before the start are not recognised; health says so',
    test: 'ingest/health.unit.test.ts',
  },
  HEALTH_MAX_INBOX: {
    beyond: 'health says `degraded`, reason `inbox_backlog`; nobody is refused',
    test: 'ingest/health.unit.test.ts',
  },
  HEALTH_MAX_CONFIRM_MS: {
    beyond: 'health says `degraded`, reason `confirm_latency_high`; nobody is refused',
    test: 'ingest/health.unit.test.ts',
  },
  ...pushSettings,
};
