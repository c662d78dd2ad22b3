import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError, readArguments, runMain, UsageError } from '../shared/service/command-line.ts';
import { firstOf, loadWithSecret, root } from './environment.ts';

const usage = `usage: npm run publish -- FILE

Posts the JSON in FILE, or on standard input if FILE is -, to ingest and prints its answer.
The exit code is 0 if the event was accepted.

  --url   of the entrance (http://127.0.0.1:$INGEST_PORT/v1/events)`;

const CALL_MS = 30_000;
const DEFAULT_PORT = '8082';

await runMain(usage, async () => {
  const { values, positionals } = readArguments(usage, ['url']);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('Name one file, or - for standard input.');
  const env = loadWithSecret('INGEST_API_KEYS');
  const url = values.url ?? `http://127.0.0.1:${env['INGEST_PORT'] ?? DEFAULT_PORT}/v1/events`;
  const response = await post(url, firstOf(env, 'INGEST_API_KEYS'), readBody(file));
  console.log(`${response.status} ${response.statusText}`);
  const answer = await response.text();
  if (answer !== '') console.log(answer);
  return response.ok ? 0 : 1;
});

/** npm changes to the checkout; a relative path is meant from where the person is. */
function readBody(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : resolve(process.env['INIT_CWD'] ?? root, file));
  } catch (error) {
    throw new CommandError(`Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function post(url: string, key: string, body: Buffer): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  try {
    return await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(CALL_MS) });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CommandError(`Cannot reach ${url}: ${cause}. Is npm start running?`);
  }
}
