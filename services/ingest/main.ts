import { runService } from '../../shared/service/lifecycle.ts';
import { readConfig } from './config.ts';
import { startIngest } from './service.ts';

await runService('ingest', readConfig, startIngest);
