import { z } from 'zod';
import { oneOf, roles } from '../../shared/contract/rooms.ts';
import { readArguments, runMain, UsageError } from '../../shared/service/command-line.ts';
import { readVariables } from '../../shared/config/env.ts';
import { DeliveryVariables } from './config.ts';
import { readPerson, readSigner } from './sign-token.ts';
import { watch } from './watch-sessions.ts';

const usage = `usage: watch --role ROLE --id ID [--rooms A,B] [--url URL]
       watch --token TOKEN [--rooms A,B] [--url URL]

Connects as a client, prints every frame, and comes back from where it was after a lost connection. Ctrl-C ends it.

  --role   ${oneOf(roles)}; signs a token with JWT_SECRET or what JWT_SECRET_FILE holds
  --id     the person's id in the booking backend
  --token  a token of your own instead
  --rooms  rooms to join besides the role's, comma-separated
  --url    of delivery (ws://127.0.0.1:$WEBSOCKET_PORT/ws)`;

await runMain(usage, async () => {
  const { values, positionals } = readArguments(usage, ['role', 'id', 'token', 'rooms', 'url']);
  if (positionals.length > 0) throw new UsageError(`Unexpected argument ${positionals.join(' ')}.`);
  return watch({
    url: values.url ?? `ws://127.0.0.1:${listeningPort()}/ws`,
    rooms: (values.rooms ?? '').split(',').filter((room) => room !== ''),
    token: tokenSource(values),
  });
});

/** A wrong command line or a missing secret shows now, not at the first connect. */
function tokenSource({ token, role, id }: { token?: string; role?: string; id?: string }) {
  if (token === undefined) {
    const person = readPerson(role, id);
    const sign = readSigner(process.env);
    return { sign: () => sign(person) };
  }
  if ((role ?? id) !== undefined) throw new UsageError('Give --token, or --role and --id.');
  return { fixed: token };
}

function listeningPort(): number {
  const { WEBSOCKET_PORT } = DeliveryVariables.shape;
  return readVariables(z.object({ WEBSOCKET_PORT }), process.env).websocketPort;
}
