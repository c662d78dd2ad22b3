import { oneOf, roles } from '../../shared/contract/rooms.ts';
import { positiveInteger } from '../../shared/service/command-line.ts';
import { DEFAULT_TTL_S, readPerson, readSigner } from '../../services/delivery/sign-token.ts';
import type { AddCommand } from './command.ts';

interface Options {
  readonly role: string;
  readonly id: string;
  readonly ttl: number;
  readonly json?: true;
}

export const addToken: AddCommand = (program, { env, out }, exit) => {
  program
    .command('token')
    .description('Print a token for a client, signed with JWT_SECRET or what JWT_SECRET_FILE holds.')
    .requiredOption('--role <role>', oneOf(roles))
    .requiredOption('--id <number>', "the person's id in the booking backend")
    .option(
      '--ttl <seconds>',
      'how long it is valid',
      (text) => positiveInteger('--ttl', text),
      DEFAULT_TTL_S,
    )
    .option('--json', 'as an object, with when it ends')
    .action(({ role, id, ttl, json }: Options) => {
      const token = readSigner(env)(readPerson(role, id), ttl);
      const expires_at = new Date(Date.now() + ttl * 1_000).toISOString();
      out.write(`${json ? JSON.stringify({ token, expires_at }) : token}\n`);
      exit(0);
    });
};
