import { readFileSync } from 'node:fs';
import type { Context, Output } from './context.ts';
import { run } from './program.ts';

/** Runs a command line as this process: its outputs, its signals, its exit code. */
export async function runAsProcess(
  args: readonly string[],
  { env, folder }: Pick<Context, 'env' | 'folder'>,
): Promise<void> {
  // A reader that has gone, such as `head`, has all that it wanted.
  process.stdout.on('error', () => process.exit(0));
  process.exitCode = await run(args, {
    env,
    folder,
    out: outputOf(process.stdout),
    err: outputOf(process.stderr),
    input: () => (process.stdin.isTTY ? undefined : readFileSync(0, 'utf8')),
    interrupted,
  });
}

function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** Node reads NO_COLOR and TERM. */
function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    hasColours: stream.isTTY && stream.hasColors(),
  };
}
