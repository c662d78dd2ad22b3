import type { WebSocketConstructor } from './platform.ts';
import type { OpenLink } from './transport.ts';

/** Where a computer is itself, an emulator and a phone are not. */
const LOCAL = 'emulators need 10.0.2.2, phones a LAN address; ';

/** The token goes in the first frame: a URL ends up in logs, and browsers send no headers. */
export function webSocketTransport(WebSocket: WebSocketConstructor, url: string): OpenLink {
  return (opening, events) => {
    const socket = new WebSocket(url);
    const send = (frame: object) => socket.send(JSON.stringify(frame));
    let problem = /\/\/(localhost|127)/.test(url) ? LOCAL : '';
    socket.onopen = () => {
      problem = '';
      send({ action: 'auth', ...opening, events: 'dotted' });
    };
    socket.onmessage = ({ data }: { readonly data: unknown }) => events.frame(String(data));
    socket.onerror = ({ message = '' }: { readonly message?: string }) => {
      problem += message;
    };
    socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) =>
      events.closed(code, reason || problem);
    return {
      send,
      close: () => {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
      },
    };
  };
}
