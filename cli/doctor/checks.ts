import { endpointOf } from '../core/endpoint.ts';
import type { Check } from '../core/examination.ts';
import { login, topology } from './broker.ts';
import { clocks, health } from './health.ts';
import { reachable } from './reach.ts';
import { event, session } from './session.ts';
import { deliverySettings, ingestSettings } from './settings.ts';
import { stream } from './stream.ts';
import type { Target } from './target.ts';
import { givenToken } from './token.ts';
import { upgrade } from './upgrade.ts';

const one = (who: string, url: URL | undefined) => (url === undefined ? [] : [endpointOf(who, url)]);

/** Every check, in the order in which they are made: what others hang on comes first. */
export const checks: readonly Check<Target>[] = [
  { name: 'settings.delivery', run: deliverySettings },
  { name: 'settings.ingest', run: ingestSettings },
  { name: 'token', needs: ['settings.delivery'], run: givenToken },
  ...reachable(
    'broker',
    ({ brokers }) => brokers.flatMap((url) => one('RabbitMQ', url)),
    'no AMQP_URL is here',
  ),
  { name: 'broker.login', needs: ['broker.port', 'broker.tls'], run: login },
  { name: 'topology', needs: ['broker.login'], run: topology },
  { name: 'health', run: health },
  { name: 'clock', run: clocks },
  ...reachable('ingest', ({ ingest }) => one('ingest', ingest), 'ingest is not here: give --ingest-url'),
  ...reachable('delivery', ({ delivery }) => one('delivery', delivery), 'delivery is not here: give --url'),
  { name: 'upgrade', needs: ['delivery.port', 'delivery.tls'], run: upgrade },
  { name: 'session', needs: ['token', 'clock', 'upgrade'], run: session },
  { name: 'stream', needs: ['session'], run: stream },
  { name: 'event', needs: ['session'], run: event },
];
