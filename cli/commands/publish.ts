import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readVariables } from '../../shared/config/env.ts';
import { plainText } from '../../shared/core/plain-text.ts';
import { CommandError, UsageError } from '../../shared/service/command-line.ts';
import { errorText } from '../../shared/service/error-text.ts';
import { IngestVariables } from '../../services/ingest/config.ts';
import type { Context } from '../context.ts';
import { painter } from '../core/paint.ts';
import { sampleEvent } from '../core/sample-event.ts';
import { callIngest } from '../ingest/call-ingest.ts';
import type { AddCommand } from './command.ts';

interface Options {
  readonly sample?: true;
  readonly url?: string;
  readonly json?: true;
}

export const addPublish: AddCommand = (program, context, exit) => {
  program
    .command('publish')
    .description(
      'Post one event, or an array of them, to ingest with the first of INGEST_API_KEYS, and print its answer.\n' +
        'The exit code is 0 if it was accepted.',
    )
    .argument('[file]', 'JSON; - for standard input')
    .option('--sample', 'an appointment of provider 4 and customer 6 instead of a file')
    .option('--url <url>', 'of the entrance (default: http://127.0.0.1:$INGEST_PORT/v1/events)')
    .option('--json', 'the answer alone, as it came')
    .action(async (file: string | undefined, options: Options) => {
      exit(await run(file, options, context));
    });
};

async function run(file: string | undefined, options: Options, context: Context): Promise<number> {
  const { out } = context;
  const body = bodyOf(file, options, context);
  const { INGEST_API_KEYS, INGEST_PORT } = IngestVariables.shape;
  const settings = readVariables(z.object({ INGEST_API_KEYS, INGEST_PORT }), context.env);
  const url = options.url ?? `http://127.0.0.1:${settings.ingestPort}/v1/events`;
  const [key = ''] = settings.ingestApiKeys.reveal();
  const response = await callIngest({ method: 'POST', url, key, body });
  const answer = await response.text();
  if (!options.json) {
    const style = response.ok ? 'green' : 'red';
    out.write(`${painter(out)(style, plainText(`${response.status} ${response.statusText}`))}\n`);
  }
  if (answer !== '') out.write(`${options.json ? answer : plainText(answer)}\n`);
  return response.ok ? 0 : 1;
}

function bodyOf(file: string | undefined, { sample }: Options, { folder, input }: Context): string | Buffer {
  if (sample) {
    if (file !== undefined) throw new UsageError('Give a file or --sample.');
    return JSON.stringify(sampleEvent(new Date()));
  }
  if (file === '-') {
    const text = input();
    if (text !== undefined) return text;
    throw new UsageError('Standard input is a terminal: pipe the JSON into it.');
  }
  if (file === undefined) throw new UsageError('Name one file, - for standard input, or --sample.');
  try {
    return readFileSync(resolve(folder, file));
  } catch (error) {
    throw new CommandError(`Cannot read ${file}: ${errorText(error)}`);
  }
}
