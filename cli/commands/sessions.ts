import type { Command } from 'commander';
import { z } from 'zod';
import { noAnswerFrom } from '../../services/ingest/admin/shown-trace.ts';
import { SessionRow } from '../../shared/contract/control.ts';
import { plainLine } from '../../shared/core/plain-text.ts';
import type { Context } from '../context.ts';
import { askAsOperator, type OperatorOptions } from '../ingest/call-ingest.ts';
import type { AddCommand } from './command.ts';
import { operatorCommand } from './operator-command.ts';

interface Which extends OperatorOptions {
  readonly user?: string;
  readonly room?: string;
}

interface DisconnectOptions extends Which {
  readonly connection?: string;
  readonly reason: string;
}

interface ReplayOptions extends Which {
  readonly from: string;
  readonly to?: string;
  readonly send?: true;
  readonly reason?: string;
}

const PAGE = '1000';
const Missing = z.array(z.string());
const Page = z.object({ sessions: z.array(SessionRow), cursor: z.string().optional(), missing: Missing });
const Ended = z.object({ sessions: z.int(), missing: Missing });
const Replayed = Ended.extend({ events: z.int() });

export const addSessions: AddCommand = (program, context, exit) => {
  const command = (usage: string, description: string) =>
    ofSomebody(operatorCommand(program, usage, `${description} 1: an instance did not answer.`));
  /** The answer alone goes to the output; what it lacks is for the person, and for the exit code. */
  const say = (text: string, missing: readonly string[]) => {
    context.out.write(text);
    context.err.write(noAnswerFrom(missing));
    exit(missing.length > 0 ? 1 : 0);
  };

  command(
    'sessions',
    'List who is connected, on every instance: connection, transport, user, since, last heard, rooms.',
  ).action(async (options: Which) => {
    const { sessions, missing } = await everyPage(context, options);
    const text = sessions.length === 0 ? 'nobody is connected' : sessions.map(lineOf).join('\n');
    say(options.json ? asJson({ sessions, missing }) : `${text}\n`, missing);
  });
  command('disconnect', 'End sessions with 1012; their clients come back. `roomcast revoke` keeps them out.')
    .option('--connection <name>', 'one session, as `roomcast sessions` names it')
    .requiredOption('--reason <text>', 'for the log')
    .action(async ({ user, room, connection, reason, ...where }: DisconnectOptions) => {
      const body = { user, room, connection, reason };
      const ended = Ended.parse(JSON.parse(await askAsOperator(context, where, 'POST', 'disconnect', body)));
      say(where.json ? asJson(ended) : `${ended.sessions} ended\n`, ended.missing);
    });
  command(
    'replay',
    'Count the events of a time for the sessions of a user or room; with --send, send them once more.',
  )
    .requiredOption('--from <time>', 'RFC 3339, or a cursor')
    .option('--to <time>', 'the same (default: now)')
    .option('--send', 'do it; the events have the same ids, by which clients drop what they have')
    .option('--reason <text>', 'for the log')
    .action(async ({ user, room, from, to, send, reason, ...where }: ReplayOptions) => {
      const body = { user, room, from, to, reason, dry_run: send !== true };
      const told = Replayed.parse(JSON.parse(await askAsOperator(context, where, 'POST', 'replay', body)));
      const what = `${told.events} events ${send ? 'go' : 'would go'} to ${told.sessions} sessions\n`;
      say(where.json ? asJson(told) : what, told.missing);
    });
};

function ofSomebody(command: Command): Command {
  return command
    .option('--user <role:id>', 'of a user, such as provider:4')
    .option('--room <room>', 'of whoever is in a room, such as provider_4');
}

async function everyPage(context: Context, { user, room, ...where }: Which) {
  const sessions: SessionRow[] = [];
  const missing = new Set<string>();
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: PAGE });
    for (const [name, value] of Object.entries({ user, room, cursor })) {
      if (value !== undefined) query.set(name, value);
    }
    const answer = await askAsOperator(context, where, 'GET', `sessions?${query.toString()}`);
    const page = Page.parse(JSON.parse(answer));
    sessions.push(...page.sessions);
    for (const name of page.missing) missing.add(name);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return { sessions, missing: [...missing].sort() };
}

function lineOf({
  instance,
  connection_id,
  transport,
  role,
  user_id,
  since,
  last_heard_at,
  behind,
  rooms,
}: SessionRow) {
  const name = `${instance}/${connection_id}`;
  const unconfirmed = behind === undefined ? '-' : `${behind} unconfirmed`;
  return [name, transport, `${role}:${user_id}`, since, last_heard_at ?? '-', unconfirmed, rooms.join(',')]
    .map(plainLine)
    .join('\t');
}

function asJson(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
