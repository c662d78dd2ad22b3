import { runService } from '../../shared/service/lifecycle.ts';
import { readConfig } from './config.ts';
import { startPush } from './service.ts';

await runService('push', readConfig, startPush);
