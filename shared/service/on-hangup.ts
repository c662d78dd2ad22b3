import { errorText } from './error-text.ts';
import type { Logger } from './logger.ts';

/** Runs on SIGHUP. What throws is logged, and must have changed nothing. */
export function onHangup(reload: () => void, logger: Logger): void {
  process.on('SIGHUP', () => {
    try {
      reload();
      logger.info('SIGHUP: secrets and keys were read again');
    } catch (error) {
      logger.error({ problem: errorText(error) }, 'SIGHUP: secrets and keys stay as they were');
    }
  });
}
