import { readArguments, runMain, UsageError } from './arguments.ts';
import { loadWithSecret } from './environment.ts';
import { readPerson, signToken } from './sign-token.ts';
import { watch } from './watch-sessions.ts';

const usage = `usage: npm run watch -- --role ROLE --id ID [--rooms A,B] [--url URL]
       npm run watch -- --token TOKEN [--rooms A,B] [--url URL]

Connects as a client, prints every frame, and comes back from where it was after a lost connection.

  --role   admin, provider, secretary or customer; signs a token with JWT_SECRET
  --id     the person's id in the booking backend
  --token  a token of your own instead
  --rooms  rooms to join besides the role's, comma-separated
  --url    of delivery (ws://127.0.0.1:$WEBSOCKET_PORT/ws)`;

const DEFAULT_PORT = '8080';

await runMain(usage, async () => {
  const { values, positionals } = readArguments(usage, ['role', 'id', 'token', 'rooms', 'url']);
  if (positionals.length > 0) throw new UsageError(`Unexpected argument ${positionals.join(' ')}.`);
  const { token, role, id } = values;
  if (token !== undefined && (role ?? id) !== undefined)
    throw new UsageError('Give --token, or --role and --id.');
  const env = loadWithSecret('JWT_SECRET');
  const freshToken = () => signToken(env, readPerson(role, id));
  // A wrong command line or a missing secret shows now, not at the first connect.
  if (token === undefined) freshToken();
  return watch({
    url: values.url ?? `ws://127.0.0.1:${env['WEBSOCKET_PORT'] ?? DEFAULT_PORT}/ws`,
    rooms: (values.rooms ?? '').split(',').filter((room) => room !== ''),
    token: token === undefined ? { sign: freshToken } : { fixed: token },
  });
});
