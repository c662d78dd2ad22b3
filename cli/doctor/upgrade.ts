import { WebSocket } from 'ws';
import { errorText } from '../../shared/service/error-text.ts';
import { refusedUpgrade } from '../core/refused-upgrade.ts';
import { shownUrl, withScheme } from '../core/endpoint.ts';
import { finding, found, ok, unneeded, type Outcome } from '../core/examination.ts';
import type { Target } from './target.ts';

/** Whether whatever stands before delivery passes a WebSocket on. */
export function upgrade({ delivery, waitMs }: Target): Outcome | Promise<Outcome> {
  if (delivery === undefined) return unneeded('delivery is not here: give --url');
  const url = withScheme(delivery, 'ws');
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { handshakeTimeout: waitMs });
    const done = (outcome: Outcome) => {
      resolve(outcome);
      socket.terminate();
    };
    socket.once('upgrade', ({ headers }) => {
      const { server } = headers as Readonly<Record<string, string | undefined>>;
      const via = server === undefined ? '' : `, through ${server}`;
      done(ok(`${shownUrl(url)} answers 101${via}`));
    });
    socket.once('unexpected-response', (_request, response) => {
      const { statusCode = 0, headers } = response;
      done(found([refusedUpgrade(shownUrl(url), statusCode, headers.location)]));
    });
    socket.on('error', (error) =>
      done(
        finding(
          `no WebSocket at ${shownUrl(url)}: ${errorText(error)}`,
          'see the log of the proxy: it takes the connection, and gives no answer of delivery',
        ),
      ),
    );
  });
}
