import { z } from 'zod';
import { IngestVariables } from '../../services/ingest/config.ts';
import { readSigner } from '../../services/delivery/sign-token.ts';
import { readVariables } from '../../shared/config/env.ts';
import { errorText } from '../../shared/service/error-text.ts';
import { PROVIDER_ID } from '../demo/bookings.ts';
import type { ClosedPhones } from '../demo/closed-phones.ts';
import type { DemoOptions } from '../demo/demo-server.ts';
import type { Environment } from '../environment.ts';
import type { StartPorts } from './ports.ts';
import type { Services } from './services.ts';

const PUBLISH_MS = 10_000;
/** Short, so that the frames show how it is renewed. */
const TOKEN_S = 120;

/** What the demo page needs of the pair that runs here; the key and the secret stay on this side. */
export function demoOptions(
  env: Environment,
  ports: StartPorts,
  services: Services,
  phones: ClosedPhones | undefined,
): DemoOptions {
  const sign = readSigner(env);
  const { INGEST_API_KEYS } = IngestVariables.shape;
  const [key = ''] = readVariables(z.object({ INGEST_API_KEYS }), env).ingestApiKeys.reveal();
  return {
    port: ports.demo,
    deliveryPort: ports.webSocket,
    makeToken: () => sign({ role: 'provider', id: PROVIDER_ID }, TOKEN_S),
    publish: (event) => publish(`http://127.0.0.1:${ports.ingest}/v1/events`, key, event),
    phones,
    restartDelivery: () => services.restartDelivery(),
  };
}

async function publish(url: string, key: string, event: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(event),
    signal: AbortSignal.timeout(PUBLISH_MS),
  }).catch((error: unknown) => {
    throw new Error(`ingest cannot be reached: ${errorText(error)}`);
  });
  if (!response.ok) throw new Error(`ingest answered ${response.status}: ${await response.text()}`);
}
