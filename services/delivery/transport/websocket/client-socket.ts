import { WebSocket } from 'ws';
import { closeCodes, closeReason, type CloseName } from '../../../../shared/contract/close-codes.ts';

/** Codes with which ws itself ends a connection over what came; 1008 is for too many pieces. */
const FAULTS: Readonly<Record<number, CloseName>> = {
  1002: 'malformedFrame',
  1007: 'notUtf8',
  1008: 'tooLarge',
  1009: 'tooLarge',
};

/** What a socket tells whom it belongs to. */
export interface SocketOwner {
  received(message: Buffer, isBinary: boolean): void;
  pinged(data: Buffer): void;
  ponged(data: Buffer): void;
  /** ws is about to close over what came. */
  foundFault(name: CloseName): void;
  /** Nothing that still comes is a frame. */
  readingEnded(): void;
  /** The connection is gone. */
  gone(code: number): void;
}

/**
 * ws closes by itself over a frame that it cannot read, and behind the client's own close frame. This lets its owner say
 * why before a close frame goes out, and bound what still comes: ws reads it without end and throws it away.
 */
export class ClientSocket extends WebSocket {
  owner: SocketOwner | undefined;

  /** Listeners instead would be a closure for each event of each socket, and a table of them: a tenth of what a session keeps. */
  override emit(event: string | symbol, data?: unknown, isBinary?: unknown): boolean {
    const { owner } = this;
    if (owner === undefined) return super.emit(event, data, isBinary);
    // What went wrong, an `error`, is in the close code that follows.
    if (event === 'close' && typeof data === 'number') owner.gone(data);
    // ws hands over one Buffer per message as long as binaryType is untouched.
    if (!Buffer.isBuffer(data)) return true;
    if (event === 'message') owner.received(data, isBinary === true);
    else if (event === 'ping') owner.pinged(data);
    else if (event === 'pong') owner.ponged(data);
    return true;
  }

  override close(code?: number, reason?: string | Buffer): void {
    // Only our own side closes with a reason of text.
    if (typeof reason === 'string') {
      super.close(code, reason);
      return;
    }
    const fault = code === undefined || reason !== undefined ? undefined : FAULTS[code];
    if (fault === undefined) super.close(code, reason);
    else {
      this.owner?.foundFault(fault);
      super.close(closeCodes[fault].code, closeReason(closeCodes[fault].reason));
    }
    this.owner?.readingEnded();
  }
}
