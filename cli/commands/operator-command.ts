import type { Command } from 'commander';

/** A command that asks ingest as an operator, with the options of all of them. */
export function operatorCommand(program: Command, usage: string, description: string): Command {
  return program
    .command(usage)
    .description(`${description} Asks ingest with the first of ADMIN_API_KEYS.`)
    .option('--url <url>', 'of ingest (default: http://127.0.0.1:$INGEST_PORT)')
    .option('--json', 'for programs');
}
