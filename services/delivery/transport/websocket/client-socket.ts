import { WebSocket } from 'ws';
import { closeCodes, closeReason, type CloseName } from '../../../../shared/contract/close-codes.ts';

/** Codes with which ws itself ends a connection over what came; 1008 is for too many fragments. */
const FAULTS: Readonly<Record<number, CloseName>> = {
  1002: 'malformedFrame',
  1007: 'notUtf8',
  1008: 'tooLarge',
  1009: 'tooLarge',
};

/** ws closes by itself over a frame that it cannot read; this lets its owner say why before the close frame goes out. */
export class ClientSocket extends WebSocket {
  beforeFault: ((name: CloseName) => void) | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    const fault = code === undefined || reason !== undefined ? undefined : FAULTS[code];
    if (fault === undefined) {
      super.close(code, reason);
      return;
    }
    this.beforeFault?.(fault);
    super.close(closeCodes[fault].code, closeReason(closeCodes[fault].reason));
  }
}
