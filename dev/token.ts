import { positiveInteger, readArguments, runMain, UsageError } from './arguments.ts';
import { loadWithSecret } from './environment.ts';
import { DEFAULT_TTL_S, readPerson, signToken } from './sign-token.ts';

const usage = `usage: npm run token -- --role ROLE --id ID [--ttl SECONDS]

Prints a token for a WebSocket client, signed with JWT_SECRET.

  --role  admin, provider, secretary or customer
  --id    the person's id in the booking backend
  --ttl   how long it is valid, in seconds (${DEFAULT_TTL_S})`;

await runMain(usage, () => {
  const { values, positionals } = readArguments(usage, ['role', 'id', 'ttl']);
  if (positionals.length > 0) throw new UsageError(`Unexpected argument ${positionals.join(' ')}.`);
  const ttlS = values.ttl === undefined ? DEFAULT_TTL_S : positiveInteger('--ttl', values.ttl);
  console.log(signToken(loadWithSecret('JWT_SECRET'), readPerson(values.role, values.id), ttlS));
  return 0;
});
