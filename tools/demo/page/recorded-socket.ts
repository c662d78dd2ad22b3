export interface Entry {
  readonly kind: 'sent' | 'received' | 'link' | 'closed';
  readonly text: string;
}

/** A WebSocket of the browser that tells of all that passes. */
export function recordedSocket(tell: (entry: Entry) => void) {
  return class extends WebSocket {
    constructor(url: string) {
      super(url);
      this.addEventListener('open', () => tell({ kind: 'link', text: 'open' }));
      this.addEventListener('message', ({ data }) => tell({ kind: 'received', text: String(data) }));
      this.addEventListener('close', ({ code, reason }) =>
        tell({ kind: 'closed', text: `${code} ${reason}` }),
      );
    }

    override send(text: string): void {
      tell({ kind: 'sent', text });
      super.send(text);
    }
  };
}
