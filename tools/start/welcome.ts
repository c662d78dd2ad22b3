import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerHandle } from '../broker/broker.ts';
import { firstOf, root, type Environment } from '../environment.ts';
import { DEFAULT_TTL_S, readSigner } from '../../services/delivery/sign-token.ts';
import type { StartPorts } from './ports.ts';

const firstEvent = {
  event: 'appointment.created',
  data: {
    id: 12,
    provider_id: 4,
    customer_id: 6,
    start: '2026-12-03T10:00:00+01:00',
    end: '2026-12-03T10:45:00+01:00',
  },
};
const KEY_FROM_FILE = '$(grep ^INGEST_API_KEYS= .env | cut -d= -f2 | cut -d, -f1)';

/** What a person needs to see a first event arrive, to paste into another shell in this folder. */
export function welcome(env: Environment, ports: StartPorts, broker: BrokerHandle): string {
  const token = readSigner(env)({ role: 'provider', id: 4 });
  return `
roomcast is up. Try it in a browser:

  http://127.0.0.1:${ports.demo}/

  WebSocket   ws://127.0.0.1:${ports.webSocket}/ws
  ingest      http://127.0.0.1:${ports.ingest}/v1/events
  status      http://127.0.0.1:${ports.webSocketHealth}/ in a browser
  health      http://127.0.0.1:${ports.webSocketHealth}/health (WebSocket), http://127.0.0.1:${ports.ingestHealth}/health (ingest)
  RabbitMQ    ${broker.kind === 'given' ? 'as AMQP_URL says' : `${broker.url}, management ${broker.managementUrl}`}

A token for provider 4, valid for ${DEFAULT_TTL_S / 60} minutes:

${token}

See what provider 4 receives:

npm run watch -- --role provider --id 4

Publish a first event:

curl -i http://127.0.0.1:${ports.ingest}/v1/events -H "Authorization: Bearer ${keyForShell(env)}" -H 'Content-Type: application/json' -d '${JSON.stringify(firstEvent)}'

Ctrl-C stops everything.
`;
}

/** Read from .env where that gives the key in use, so that it stays out of the shell's history. */
function keyForShell(env: Environment): string {
  const key = firstOf(env, 'INGEST_API_KEYS');
  const text = readFileSync(join(root, '.env'), 'utf8');
  const [, inFile] = /^INGEST_API_KEYS=([^,=\n]*)/m.exec(text) ?? [];
  return inFile === key ? KEY_FROM_FILE : key;
}
