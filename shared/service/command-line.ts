import { inspect, parseArgs, type ParseArgsConfig } from 'node:util';
import { ConfigError } from '../config/env.ts';

/** What the person at the keyboard can mend: shown as a sentence, without a stack. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** The command line was wrong; it is answered with the usage and exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads flags that each take a value; `--help` prints the usage and ends the process. */
export function readArguments<Flag extends string>(
  usage: string,
  flags: readonly Flag[],
): { values: Partial<Record<Flag, string>>; positionals: readonly string[] } {
  const options: ParseArgsConfig['options'] = { help: { type: 'boolean' } };
  for (const flag of flags) options[flag] = { type: 'string' };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values['help'] === true) {
      printLine(usage);
      process.exit(0);
    }
    return { values: values as Partial<Record<Flag, string>>, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A whole number above 0; anything else is a wrong command line. */
export function positiveInteger(flag: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new UsageError(`${flag} needs a whole number above 0, not ${JSON.stringify(text)}.`);
}

/** Runs a command to its exit code. */
export async function runMain(usage: string, main: () => number | Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.exitCode = complain(error, usage);
  }
}

/** Says what went wrong, without a stack where a person can mend it; returns the exit code. */
export function complain(error: unknown, usage = ''): number {
  if (error instanceof UsageError) {
    warnLine(`${error.message}\n\n${usage}`);
    return 2;
  }
  const expected = error instanceof CommandError || error instanceof ConfigError;
  warnLine(expected ? error.message : (fileProblem(error) ?? inspect(error)));
  return 1;
}

function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What is for the person and not for a program that reads the output. */
function warnLine(text: string): void {
  process.stderr.write(`${text}\n`);
}

const fileReasons: Readonly<Record<string, string>> = {
  EROFS: 'it is on a read-only file system',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is a file in place of a folder',
  EEXIST: 'a file is in place of the folder',
  EISDIR: 'a folder is in place of the file',
  ENOSPC: 'the disk is full',
};

/** A file or folder that this user cannot use, in a sentence; `undefined` for every other error. */
export function fileProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', path } = error as NodeJS.ErrnoException;
  const reason = fileReasons[code];
  if (reason === undefined || path === undefined) return undefined;
  return (
    `Cannot use ${path}: ${reason} (${code}). ` +
    'Let this user write there, or run roomcast in a copy of its folder that is yours.'
  );
}
