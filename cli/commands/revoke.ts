import { z } from 'zod';
import { IngestVariables } from '../../services/ingest/config.ts';
import { readVariables } from '../../shared/config/env.ts';
import { Revocation } from '../../shared/revocations/revocation.ts';
import { CommandError, UsageError } from '../../shared/service/command-line.ts';
import { fetchFailure } from '../../shared/service/fetch-failure.ts';
import type { Context } from '../context.ts';
import { plainLine, plainText } from '../core/plain-text.ts';
import type { AddCommand } from './command.ts';

interface Where {
  readonly url?: string;
  readonly json?: true;
}

interface Options extends Where {
  readonly user?: string;
  readonly token?: string;
  readonly everybody?: true;
  readonly issuedBefore?: string;
  readonly until?: string;
  readonly reason: string;
}

const CALL_MS = 30_000;
const PATH = '/v1/admin/revocations';
const Listed = z.object({ revocations: z.array(Revocation) });

export const addRevoke: AddCommand = (program, context, exit) => {
  const command = (usage: string, description: string) =>
    program
      .command(usage)
      .description(`${description} Asks ingest with the first of ADMIN_API_KEYS.`)
      .option('--url <url>', 'of ingest (default: http://127.0.0.1:$INGEST_PORT)')
      .option('--json', 'for programs');

  command('revoke', 'Take the tokens of somebody no longer; their sessions end within two seconds.')
    .option('--user <role:id>', 'everything of a user, such as provider:4; staff in all their roles')
    .option('--token <jti>', 'one token, by its claim jti')
    .option('--everybody', 'with --issued-before')
    .option('--issued-before <time>', 'only tokens issued before: RFC 3339, or now. A new login is good')
    .option('--until <time>', 'RFC 3339; at most 366 days, which is the default')
    .requiredOption('--reason <text>', 'for the log and the list')
    .action(async (options: Options) => {
      const answer = await ask(context, options, 'POST', PATH, bodyOf(options));
      const revoked = Revocation.parse(JSON.parse(answer));
      context.out.write(options.json ? `${answer}\n` : `${lineOf(revoked)}\n`);
      exit(0);
    });
  command('revocations', 'List what is revoked: id, until, who, reason.').action(async (options: Where) => {
    const answer = await ask(context, options, 'GET', PATH);
    const { revocations } = Listed.parse(JSON.parse(answer));
    const text = revocations.length === 0 ? 'nothing is revoked' : revocations.map(lineOf).join('\n');
    context.out.write(`${options.json ? answer : text}\n`);
    exit(0);
  });
  command('unrevoke', 'End a revocation before its time.')
    .argument('<id>', 'as `roomcast revocations` lists it')
    .action(async (id: string, options: Where) => {
      await ask(context, options, 'DELETE', `${PATH}/${encodeURIComponent(id)}`);
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

async function ask(
  { env }: Context,
  { url }: Where,
  method: string,
  path: string,
  body?: object,
): Promise<string> {
  const { ADMIN_API_KEYS, INGEST_PORT } = IngestVariables.shape;
  const settings = readVariables(z.object({ ADMIN_API_KEYS, INGEST_PORT }), env);
  const [key] = settings.adminApiKeys?.reveal() ?? [];
  if (key === undefined) {
    throw new CommandError('Set ADMIN_API_KEYS here and at ingest: `openssl rand -hex 32` makes a key.');
  }
  const base = url ?? `http://127.0.0.1:${settings.ingestPort}`;
  if (!URL.canParse(base)) throw new UsageError('--url needs a URL such as http://127.0.0.1:8082.');
  const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
  let response: Response;
  try {
    response = await fetch(new URL(path, base), {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_MS),
    });
  } catch (error) {
    const why = fetchFailure(error, { timeoutMs: CALL_MS, wrong: 'its answer cannot be read' });
    throw new CommandError(`Cannot reach ingest at ${new URL(base).host}: ${why}. Is it running there?`);
  }
  const answer = await response.text();
  if (!response.ok) throw new CommandError(`${response.status}: ${plainText(detailIn(answer))}`);
  return answer;
}

const Problem = z.object({ detail: z.string() });

function detailIn(answer: string): string {
  try {
    return Problem.parse(JSON.parse(answer)).detail;
  } catch {
    return answer;
  }
}
