import { runService } from '../../shared/service/lifecycle.ts';
import { onHangup } from '../../shared/service/on-hangup.ts';
import { readConfig } from './config.ts';
import { startDelivery } from './service.ts';

await runService('delivery', readConfig, async (config, { logger }) => {
  const delivery = await startDelivery(config, { logger });
  // Without a file there is nothing to read again, and the signal ends the process, as when its terminal is closed.
  const { jwtPublicKeysFile, jwtJwksUrl } = config;
  const sources = [process.env['JWT_SECRET_FILE'], jwtPublicKeysFile, jwtJwksUrl];
  if (sources.some((source = '') => source !== '')) {
    onHangup(() => delivery.reload(readConfig(process.env)), logger);
  }
  return delivery;
});
