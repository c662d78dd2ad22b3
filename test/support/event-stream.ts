/** What stands between two blank lines of a `text/event-stream`. */
export interface Block {
  /** By which an `EventSource` would dispatch it. */
  readonly name: string;
  readonly data: string | undefined;
  readonly id: string | undefined;
  readonly retryMs: number | undefined;
  readonly comments: readonly string[];
}

/** Reads a stream by the rules of "Server-sent events" in the HTML standard. */
export async function* blocksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Block> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const texts = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n\n');
    rest = texts.pop() ?? '';
    for (const text of texts) yield blockIn(text);
  }
}

function blockIn(text: string): Block {
  const fields = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  const last = (field: string) => fields.get(field)?.at(-1);
  const retry = last('retry');
  return {
    name: last('event') ?? 'message',
    data: fields.get('data')?.join('\n'),
    id: last('id'),
    retryMs: retry === undefined ? undefined : Number(retry),
    comments: fields.get('') ?? [],
  };
}
