import { WebSocket } from 'ws';
import { closeCodes, closeReason, type CloseName } from '../../../../shared/contract/close-codes.ts';

/** Codes with which ws itself ends a connection over what came; 1008 is for too many pieces. */
const FAULTS: Readonly<Record<number, CloseName>> = {
  1002: 'malformedFrame',
  1007: 'notUtf8',
  1008: 'tooLarge',
  1009: 'tooLarge',
};

/**
 * ws closes by itself over a frame that it cannot read, and behind the client's own close frame. This lets its owner say
 * why before a close frame goes out, and bound what still comes: ws reads it without end and throws it away.
 */
export class ClientSocket extends WebSocket {
  beforeFault: ((name: CloseName) => void) | undefined;
  readingEnded: (() => void) | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    // Only our own side closes with a reason of text.
    if (typeof reason === 'string') {
      super.close(code, reason);
      return;
    }
    const fault = code === undefined || reason !== undefined ? undefined : FAULTS[code];
    if (fault === undefined) super.close(code, reason);
    else {
      this.beforeFault?.(fault);
      super.close(closeCodes[fault].code, closeReason(closeCodes[fault].reason));
    }
    this.readingEnded?.();
  }
}
