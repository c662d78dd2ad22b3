import { z } from 'zod';
import { plainLine } from '../../shared/core/plain-text.ts';
import { Revocation } from '../../shared/revocations/revocation.ts';
import { askAsOperator, type OperatorOptions } from '../ingest/call-ingest.ts';
import type { AddCommand } from './command.ts';
import { operatorCommand } from './operator-command.ts';

interface Options extends OperatorOptions {
  readonly user?: string;
  readonly token?: string;
  readonly everybody?: true;
  readonly issuedBefore?: string;
  readonly until?: string;
  readonly reason: string;
}

const PATH = 'revocations';
const Listed = z.object({ revocations: z.array(Revocation) });

export const addRevoke: AddCommand = (program, context, exit) => {
  const command = (usage: string, description: string) => operatorCommand(program, usage, description);
  command('revoke', 'Take the tokens of somebody no longer; their sessions end within two seconds.')
    .option('--user <role:id>', 'everything of a user, such as provider:4; staff in all their roles')
    .option('--token <jti>', 'one token, by its claim jti')
    .option('--everybody', 'with --issued-before')
    .option('--issued-before <time>', 'only tokens issued before: RFC 3339, or now. A new login is good')
    .option('--until <time>', 'RFC 3339; at most 366 days, which is the default')
    .requiredOption('--reason <text>', 'for the log and the list')
    .action(async (options: Options) => {
      const answer = await askAsOperator(context, options, 'POST', PATH, bodyOf(options));
      const revoked = Revocation.parse(JSON.parse(answer));
      context.out.write(options.json ? `${answer}\n` : `${lineOf(revoked)}\n`);
      exit(0);
    });
  command('revocations', 'List what is revoked: id, until, who, reason.').action(
    async (options: OperatorOptions) => {
      const answer = await askAsOperator(context, options, 'GET', PATH);
      const { revocations } = Listed.parse(JSON.parse(answer));
      const text = revocations.length === 0 ? 'nothing is revoked' : revocations.map(lineOf).join('\n');
      context.out.write(`${options.json ? answer : text}\n`);
      exit(0);
    },
  );
  command('unrevoke', 'End a revocation before its time.')
    .argument('<id>', 'as `roomcast revocations` lists it')
    .action(async (id: string, options: OperatorOptions) => {
      await askAsOperator(context, options, 'DELETE', `${PATH}/${encodeURIComponent(id)}`);
      if (!options.json) context.out.write('ended\n');
      exit(0);
    });
};

/** What is wrong with it ingest says. */
function bodyOf({ user, token, everybody, issuedBefore, until, reason }: Options): object {
  return {
    user,
    jti: token,
    all: everybody,
    issued_before: issuedBefore === 'now' ? new Date().toISOString() : issuedBefore,
    until,
    reason,
  };
}

function lineOf({ id, user, jti, issued_before, until, reason }: Revocation): string {
  const who = user ?? (jti === undefined ? 'everybody' : `token ${jti}`);
  const which = issued_before === undefined ? who : `${who}, issued before ${issued_before}`;
  return [id, until, which, reason].map(plainLine).join('\t');
}
