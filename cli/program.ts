import { Command, CommanderError } from 'commander';
import { inspect } from 'node:util';
import { ConfigError } from '../shared/config/env.ts';
import { CommandError, fileProblem, UsageError } from '../shared/service/command-line.ts';
import type { AddCommand } from './commands/command.ts';
import { addDoctor } from './commands/doctor.ts';
import { addPublish } from './commands/publish.ts';
import { addPush } from './commands/push.ts';
import { addRejected } from './commands/rejected.ts';
import { addRevoke } from './commands/revoke.ts';
import { addSessions } from './commands/sessions.ts';
import { addToken } from './commands/token.ts';
import { addTrace } from './commands/trace.ts';
import { addWatch } from './commands/watch.ts';
import type { Context } from './context.ts';
import { painter } from './core/paint.ts';

const commands: readonly AddCommand[] = [
  addWatch,
  addPublish,
  addToken,
  addRejected,
  addSessions,
  addTrace,
  addPush,
  addRevoke,
  addDoctor,
];

const FAILED = 1;
const USAGE = 2;

/** Runs one command line to its exit code: 0 done, 1 it did not work, 2 the command line is wrong. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  let exitCode = FAILED;
  const program = createProgram(context);
  for (const add of commands) add(program, context, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said what it is.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    context.err.write(`${painter(context.err)('red', sentenceOf(error))}\n`);
    if (!(error instanceof UsageError)) return FAILED;
    context.err.write('roomcast --help, and --help behind a command, say how it is used.\n');
    return USAGE;
  }
}

/** Commands that are added later take its settings over. */
function createProgram({ out, err }: Context): Command {
  return new Command('roomcast')
    .description('Watch, publish and look after a running roomcast. Settings come from the environment.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      outputError: (text, write) => write(painter(err)('red', text)),
    })
    .showHelpAfterError('--help behind the command says how it is used.');
}

/** Without a stack where a person can mend it. */
function sentenceOf(error: unknown): string {
  const isExpected =
    error instanceof UsageError || error instanceof CommandError || error instanceof ConfigError;
  return isExpected ? error.message : (fileProblem(error) ?? inspect(error));
}
