import { runService } from '../../shared/service/lifecycle.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { traced } from '../../shared/service/tracing.ts';
import { readConfig } from './config.ts';
import { startDelivery } from './service.ts';

await runService(async (env) => {
  const config = readConfig(env);
  const logger = createLogger('delivery', config.logLevel);
  const endpoint = config.otelExporterOtlpEndpoint;
  const service = await traced({ serviceName: 'roomcast-delivery', endpoint, logger }, () =>
    startDelivery(config, { logger }),
  );
  return { service, drainTimeoutMs: config.drainTimeoutMs };
});
