import { runService } from '../../shared/runtime/lifecycle.ts';
import { readConfig } from './config.ts';
import { startIngest } from './service.ts';

await runService(async (env) => {
  const config = readConfig(env);
  return { service: await startIngest(config), drainTimeoutMs: config.drainTimeoutMs };
});
