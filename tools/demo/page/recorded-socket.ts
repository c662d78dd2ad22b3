export interface Entry {
  readonly kind: 'sent' | 'received' | 'link' | 'closed';
  readonly text: string;
}

const NO_CLOSE_FRAME = 1006;

/** A WebSocket of the browser that tells of all that passes. */
export function recordedSocket(tell: (entry: Entry) => void) {
  return class extends WebSocket {
    constructor(url: string) {
      super(url);
      this.addEventListener('open', () => tell({ kind: 'link', text: 'open' }));
      this.addEventListener('message', ({ data }) => tell({ kind: 'received', text: String(data) }));
      this.addEventListener('close', ({ code, reason }) =>
        tell({ kind: 'closed', text: `${code} ${code === NO_CLOSE_FRAME ? 'no connection' : reason}` }),
      );
    }

    override send(text: string): void {
      tell({ kind: 'sent', text });
      super.send(text);
    }
  };
}
