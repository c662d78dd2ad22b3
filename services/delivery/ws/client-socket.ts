import { WebSocket } from 'ws';
import { closeCodes, closeReason } from '../../../shared/contract/close-codes.ts';

/** ws closes an oversized frame by itself; this lets its owner say why before the close frame goes out. */
export class ClientSocket extends WebSocket {
  beforeTooLarge: (() => void) | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    if (code === closeCodes.tooLarge.code && reason === undefined) {
      this.beforeTooLarge?.();
      super.close(code, closeReason(closeCodes.tooLarge.reason));
    } else {
      super.close(code, reason);
    }
  }
}
