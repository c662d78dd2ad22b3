import { ConfigError } from '../../shared/config/env.ts';
import { readConfig as readDeliveryConfig } from '../../services/delivery/config.ts';
import { readConfig as readIngestConfig } from '../../services/ingest/config.ts';
import { found, ok, unneeded, type Outcome } from '../core/examination.ts';
import type { Target } from './target.ts';

const CURE = 'correct it where the service gets it (.env, or its secret file), and start the service again';

export function deliverySettings({ here, env }: Target): Outcome {
  if (!here.delivery) return unneeded('not here: neither JWT_SECRET nor a public key is set');
  return settingsOf(() => readDeliveryConfig(env));
}

export function ingestSettings({ here, env }: Target): Outcome {
  if (!here.ingest) return unneeded('not here: INGEST_API_KEYS is not set');
  return settingsOf(() => readIngestConfig(env));
}

/** As the service itself would read them at its start; no value is in a message. */
function settingsOf(readConfig: () => object): Outcome {
  try {
    const config = readConfig();
    return ok(`all ${Object.keys(config).length} can work`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return found(error.problems.map(({ name, message }) => ({ problem: `${name}: ${message}`, cure: CURE })));
  }
}
