import { runService } from '../../shared/service/lifecycle.ts';
import { readConfig } from './config.ts';
import { startDelivery } from './service.ts';

await runService('delivery', readConfig, startDelivery);
