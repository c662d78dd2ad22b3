import { MAX_KEY_SET_BYTES } from './read-keys.ts';

const MAX_AGE = /(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i;

export interface Fetched {
  readonly text: string;
  /** How long the issuer says that it holds. */
  readonly maxAgeMs: number | undefined;
}

/** Asks at this address and no other: a redirect fails. Throws for every answer but a whole one. */
export async function fetchKeySet(url: string, signal: AbortSignal): Promise<Fetched> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/jwk-set+json, application/json' },
    signal,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`it answers ${response.status}`);
  }
  const maxAge = MAX_AGE.exec(response.headers.get('cache-control') ?? '')?.[1];
  return {
    text: await textOf(response),
    maxAgeMs: maxAge === undefined ? undefined : Number(maxAge) * 1_000,
  };
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_KEY_SET_BYTES) throw new Error(`its answer is larger than ${MAX_KEY_SET_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
