import { runService } from '../../shared/service/lifecycle.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { traced } from '../../shared/service/tracing.ts';
import { readConfig } from './config.ts';
import { startIngest } from './service.ts';

await runService(async (env) => {
  const config = readConfig(env);
  const logger = createLogger('ingest', config.logLevel);
  const tracing = { serviceName: 'roomcast-ingest', endpoint: config.otelExporterOtlpEndpoint, logger };
  const service = await traced(tracing, () => startIngest(config, { logger }));
  return { service, drainTimeoutMs: config.drainTimeoutMs };
});
