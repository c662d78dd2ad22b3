import { UsageError } from '../../shared/service/command-line.ts';
import type { Context } from '../context.ts';
import { examine, type Result } from '../core/examination.ts';
import { painter } from '../core/paint.ts';
import { shownResult, summary } from '../core/shown-result.ts';
import { checks } from '../doctor/checks.ts';
import { targetOf } from '../doctor/target.ts';
import type { AddCommand } from './command.ts';

interface Options {
  readonly url?: string;
  readonly ingestUrl?: string;
  readonly token?: string;
  readonly skip: string;
  readonly wait: number;
  readonly json?: true;
}

const WAIT_S = 5;

export const addDoctor: AddCommand = (program, context, exit) => {
  program
    .command('doctor')
    .description(
      'Look for what is wrong with a set-up, and say how to mend it: settings, tokens, DNS, TLS, proxies, broker, clocks, and one event from end to end.\n' +
        'The exit code is 0 if nothing is wrong.',
    )
    .option(
      '--url <url>',
      'of the WebSocket, as clients reach it (default: ws://127.0.0.1:$WEBSOCKET_PORT/ws)',
    )
    .option('--ingest-url <url>', 'of ingest, as backends reach it (default: http://127.0.0.1:$INGEST_PORT)')
    .option('--token <token>', 'one of the backend, to be held against JWT_SECRET and used')
    .option('--skip <names>', 'checks to leave out, commas between', '')
    .option('--wait <seconds>', 'for each answer', secondsOf, WAIT_S)
    .option('--json', 'one object with every result')
    .action(async (options: Options) => {
      exit(await run(options, context));
    });
};

async function run(options: Options, { env, out }: Context): Promise<number> {
  const skipped = namesIn(options.skip);
  const url = urlOf('--url', options.url);
  const ingestUrl = urlOf('--ingest-url', options.ingestUrl);
  const target = targetOf(env, {
    ...(url && { url }),
    ...(ingestUrl && { ingestUrl }),
    ...(options.token !== undefined && { token: options.token }),
    // A whole number, as a timeout of fetch has to be.
    waitMs: Math.ceil(options.wait * 1_000),
  });
  const paint = painter(out);
  const results: Result[] = [];
  for await (const result of examine(checks, target, skipped)) {
    results.push(result);
    if (!options.json) out.write(`${shownResult(result, paint)}\n`);
  }
  const isOk = results.every(({ kind }) => kind === 'ok' || kind === 'unneeded');
  out.write(
    `${options.json ? JSON.stringify({ ok: isOk, checks: results }) : `\n${summary(results, paint)}`}\n`,
  );
  return isOk ? 0 : 1;
}

function namesIn(skip: string): readonly string[] {
  const names = skip.split(',').filter((name) => name !== '');
  const known = checks.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return names;
  throw new UsageError(`There is no check ${unknown.join(', ')}, but: ${known.join(', ')}.`);
}

function urlOf(flag: string, text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  if (/^(ws|http)s?:\/\//i.test(text) && URL.canParse(text)) return new URL(text);
  throw new UsageError(`${flag} needs a URL such as https://app.example.org.`);
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0 && seconds <= 600) return seconds;
  throw new UsageError(`--wait needs seconds, more than 0 and up to 600, not ${JSON.stringify(text)}.`);
}
