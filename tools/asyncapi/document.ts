import { closeCodes } from '../../shared/contract/close-codes.ts';
import { roomKinds } from '../../shared/contract/rooms.ts';
import { EXCHANGE, INBOX, RECEIPTS, REJECTED } from '../../shared/contract/topology.ts';
import {
  clientFrames,
  eventFrame,
  outcomes,
  published,
  bundles,
  pushes,
  receipts,
  rejected,
  serverFrames,
  submitted,
  type Messages,
} from './messages.ts';

/** Frames of the server that answer a frame of the client, and so never come on a stream. */
const ANSWERS = ['unsubscribed', 'rooms_list', 'pong', 'refreshed'];

const ref = (...path: readonly string[]) => ({
  $ref: `#/${path.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
});
const server = (name: string) => ref('servers', name);
const namesOf = (messages: Messages) => Object.keys(messages);

const pushed = { event: eventFrame, ...serverFrames };
const streamed = Object.fromEntries(Object.entries(pushed).filter(([name]) => !ANSWERS.includes(name)));

/** A channel has its messages by reference, and its operations refer to those of the channel. */
const messagesOf = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, ref('components', 'messages', name)]));

function operation(
  action: 'send' | 'receive',
  channel: string,
  names: readonly string[],
  summary: string,
  more = {},
) {
  return {
    action,
    summary,
    channel: ref('channels', channel),
    messages: names.map((name) => ref('channels', channel, 'messages', name)),
    ...more,
  };
}

const { token, cursor, events, max_frame_bytes } = clientFrames['auth']?.payload.properties ?? {};
const rooms = { type: 'string', description: 'Names of rooms with commas between.' };

const channels = {
  session: {
    address: '/',
    title: 'A session over WebSocket',
    description:
      'Any path will do. The token comes as a Bearer token, as a subprotocol, as `?token=` or in a first frame `auth` within 5 seconds. Pass over types of frames that you do not know.',
    servers: [server('websocket')],
    messages: messagesOf([...namesOf(clientFrames), ...namesOf(pushed)]),
    bindings: {
      ws: {
        method: 'GET',
        query: { type: 'object', properties: { token, cursor, rooms, events, max_frame_bytes } },
      },
    },
    'x-close-codes': Object.values(closeCodes)
      .map(({ code, reason, comeBack }) => ({ code, reason, 'come-back': comeBack }))
      .sort((one, other) => one.code - other.code),
  },
  stream: {
    address: '/v1/stream',
    title: 'A session as Server-Sent Events',
    description:
      'Each message is a block: `event` is the name of the event, or `roomcast` for every other frame; `id` is the cursor, where the frame has one; `data` is the frame as JSON. A comment comes at least every 15 s.',
    servers: [server('stream')],
    messages: messagesOf(namesOf(streamed)),
  },
  events: {
    address: EXCHANGE,
    title: 'Events as they are published',
    description: `The routing key is the first room with a dot for the underscore, the header CC has the others. Bind a queue of your own to the keys of the rooms that you want: ${roomKinds.join(', ')}, each of the last three with an id behind a dot.`,
    servers: [server('broker')],
    messages: messagesOf(['published']),
    bindings: {
      amqp: {
        is: 'routingKey',
        exchange: { name: EXCHANGE, type: 'topic', durable: true, autoDelete: false },
      },
    },
  },
  inbox: {
    address: INBOX,
    title: 'Events of AMQP backends',
    servers: [server('broker')],
    messages: messagesOf(['submitted']),
    bindings: { amqp: durableQueue(INBOX) },
  },
  rejected: {
    address: REJECTED,
    title: 'What could not be accepted, for 7 days',
    servers: [server('broker')],
    messages: messagesOf(['rejected']),
    bindings: { amqp: durableQueue(REJECTED) },
  },
  receipts: {
    address: RECEIPTS,
    title: 'Who was told of which event, for as long as the history',
    description:
      'A stream: consume it with a prefetch, an acknowledgement, and the argument `x-stream-offset` that says where to begin.',
    servers: [server('broker')],
    messages: messagesOf(['receipts', 'pushes', 'bundles', 'outcomes']),
    bindings: { amqp: durableQueue(RECEIPTS) },
  },
};

function durableQueue(name: string) {
  return { is: 'queue', queue: { name, durable: true, exclusive: false, autoDelete: false } };
}

const operations = {
  takeFrames: operation('receive', 'session', namesOf(clientFrames), 'What a client may send.'),
  pushFrames: operation('send', 'session', namesOf(pushed), 'Answers, and events as they come.'),
  stream: operation('send', 'stream', namesOf(streamed), 'Events as they come.', {
    bindings: {
      http: {
        method: 'GET',
        query: {
          type: 'object',
          properties: {
            after: { type: 'string', description: 'A cursor; Last-Event-ID goes before it.' },
            rooms,
            events,
            max_frame_bytes,
          },
        },
      },
    },
  }),
  publishEvents: operation('send', 'events', ['published'], 'One message for each event.'),
  takeEvents: operation('receive', 'inbox', ['submitted'], 'Events, as POST /v1/events takes them.'),
  tellHowFar: operation(
    'send',
    'receipts',
    ['receipts', 'pushes', 'bundles', 'outcomes'],
    'Receipts, and what they are joined with in the trace of an event.',
  ),
  reject: operation('send', 'rejected', ['rejected'], 'For an operator to look at.'),
};

/** The WebSocket, SSE and AMQP sides as AsyncAPI 3: generated from the schemas that frames and messages are checked with. */
export function asyncApiDocument(): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'roomcast',
      version: '1',
      description:
        'Appointment events from a booking backend to the phones of the people they concern. PROTOCOL.md says what each message means and in which order they come; `npm run docs:asyncapi` writes this file.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      websocket: {
        host: 'localhost:8080',
        protocol: 'ws',
        security: [
          ref('components', 'securitySchemes', 'bearer'),
          ref('components', 'securitySchemes', 'query'),
        ],
      },
      stream: {
        host: 'localhost:8080',
        protocol: 'http',
        security: [ref('components', 'securitySchemes', 'bearer')],
      },
      broker: {
        host: 'localhost:5672',
        protocol: 'amqp',
        protocolVersion: '0-9-1',
        security: [ref('components', 'securitySchemes', 'broker')],
      },
    },
    channels,
    operations,
    components: {
      messages: {
        ...clientFrames,
        ...pushed,
        published,
        submitted,
        rejected,
        receipts,
        pushes,
        bundles,
        outcomes,
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        query: {
          type: 'httpApiKey',
          in: 'query',
          name: 'token',
          description: 'URLs end up in logs: the first frame is better.',
        },
        broker: { type: 'userPassword' },
      },
    },
  };
}
