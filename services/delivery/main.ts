import { runService } from '../../shared/runtime/lifecycle.ts';
import { readConfig } from './config.ts';
import { startDelivery } from './service.ts';

await runService(async (env) => {
  const config = readConfig(env);
  return { service: await startDelivery(config), drainTimeoutMs: config.DRAIN_TIMEOUT_MS };
});
