import { oneOf, roles } from '../../shared/contract/rooms.ts';
import {
  positiveInteger,
  printLine,
  readArguments,
  runMain,
  UsageError,
} from '../../shared/service/command-line.ts';
import { DEFAULT_TTL_S, readPerson, readSigner } from './sign-token.ts';

const usage = `usage: token --role ROLE --id ID [--ttl SECONDS]

Prints a token for a WebSocket client, signed with JWT_SECRET or what JWT_SECRET_FILE holds.

  --role  ${oneOf(roles)}
  --id    the person's id in the booking backend
  --ttl   how long it is valid, in seconds (${DEFAULT_TTL_S})`;

await runMain(usage, () => {
  const { values, positionals } = readArguments(usage, ['role', 'id', 'ttl']);
  if (positionals.length > 0) throw new UsageError(`Unexpected argument ${positionals.join(' ')}.`);
  const person = readPerson(values.role, values.id);
  const ttlS = values.ttl === undefined ? DEFAULT_TTL_S : positiveInteger('--ttl', values.ttl);
  printLine(readSigner(process.env)(person, ttlS));
  return 0;
});
