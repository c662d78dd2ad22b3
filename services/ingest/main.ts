import { runService } from '../../shared/service/lifecycle.ts';
import { onHangup } from '../../shared/service/on-hangup.ts';
import { readConfig } from './config.ts';
import { startIngest } from './service.ts';

await runService('ingest', readConfig, async (config, { logger }) => {
  const ingest = await startIngest(config, { logger });
  // Without a file there is nothing to read again, and the signal ends the process, as when its terminal is closed.
  if (['INGEST_API_KEYS_FILE', 'ADMIN_API_KEYS_FILE'].some((name) => (process.env[name] ?? '') !== '')) {
    onHangup(() => ingest.reload(readConfig(process.env)), logger);
  }
  return ingest;
});
