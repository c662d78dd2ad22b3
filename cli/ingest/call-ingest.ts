import { z } from 'zod';
import { IngestVariables } from '../../services/ingest/config.ts';
import { readVariables } from '../../shared/config/env.ts';
import { plainText } from '../../shared/core/plain-text.ts';
import { CommandError, UsageError } from '../../shared/service/command-line.ts';
import { fetchFailure } from '../../shared/service/fetch-failure.ts';
import type { Context } from '../context.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly key: string;
  readonly body?: string | Buffer | undefined;
}

const CALL_MS = 30_000;

/** Whatever ingest answers; throws where it cannot be reached. */
export async function callIngest({ method, url, key, body }: Call): Promise<Response> {
  if (!URL.canParse(url)) throw new UsageError('--url needs a URL such as http://127.0.0.1:8082.');
  const headers = {
    authorization: `Bearer ${key}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const signal = AbortSignal.timeout(CALL_MS);
  try {
    return await fetch(url, { method, headers, signal, ...(body !== undefined && { body }) });
  } catch (error) {
    const why = fetchFailure(error, { timeoutMs: CALL_MS, wrong: 'its answer cannot be read' });
    throw new CommandError(`Cannot reach ingest at ${new URL(url).host}: ${why}. Is it running there?`);
  }
}

/** Options of every command that an operator gives to ingest. */
export interface OperatorOptions {
  readonly url?: string;
  readonly json?: true;
}

/** A call with the first of ADMIN_API_KEYS, below `/v1/admin/`: the answer, as text; throws where it is no success. */
export async function askAsOperator(
  { env }: Context,
  { url }: OperatorOptions,
  method: Call['method'],
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
  const call = { method, key, body: body && JSON.stringify(body) };
  const target = URL.canParse(base) ? new URL(`/v1/admin/${path}`, base).href : base;
  const response = await callIngest({ ...call, url: target });
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
