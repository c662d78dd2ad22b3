import { beforeAll, describe, expect, it } from '@jest/globals';
import { DiagnosticSeverity, Parser, type AsyncAPIDocumentInterface } from '@asyncapi/parser';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { closeCodes } from '../../shared/contract/close-codes.ts';
import { ClientFrame, frameErrorCodes, ServerFrame } from '../../shared/contract/frames.ts';
import { EXCHANGE, INBOX, RECEIPTS, REJECTED } from '../../shared/contract/topology.ts';
import { ASYNCAPI_PAGE, asyncApiPage } from '../../tools/asyncapi/page.ts';
import { exampleLines } from '../../tools/asyncapi/protocol-examples.ts';

const page = readFileSync(ASYNCAPI_PAGE, 'utf8');
const parser = new Parser();
const FAULTS: readonly number[] = [DiagnosticSeverity.Error, DiagnosticSeverity.Warning];

/** By the official parser, which finds what is no AsyncAPI and what refers to nothing. */
async function parsed(text: string): Promise<AsyncAPIDocumentInterface> {
  const { document, diagnostics } = await parser.parse(text);
  const found = diagnostics
    .filter(({ severity }) => FAULTS.includes(severity))
    .map(({ message, path }) => `${path.join('/')}: ${message}`);
  if (document === undefined || found.length > 0) throw new Error(found.join('\n'));
  return document;
}

/** The messages with an example that their own schema refuses: the parser does not look. */
function withWrongExample(document: AsyncAPIDocumentInterface): readonly string[] {
  const messages = document.components().messages().all();
  return messages
    .filter((message) => {
      const schema = z.fromJSONSchema(message.payload()?.json() ?? false);
      const payloads = message
        .examples()
        .all()
        .map((example) => example.payload());
      return payloads.some((payload) => !schema.safeParse(payload).success);
    })
    .map((message) => message.id());
}

const actions = ClientFrame.options.map(({ shape }) => shape.action.value);
const types = ServerFrame.options.flatMap(({ shape: { type } }) =>
  'options' in type ? type.options : [type.value],
);

describe('docs/asyncapi.yaml', () => {
  let document: AsyncAPIDocumentInterface;
  beforeAll(async () => {
    document = await parsed(page);
  });

  it('is as `npm run docs:asyncapi` writes it', () => {
    expect(page).toBe(asyncApiPage());
  });

  it('is AsyncAPI 3 without a fault', () => {
    expect(document.version()).toBe('3.0.0');
  });

  it('would not pass with a reference that leads nowhere', async () => {
    const wrong = page.replaceAll('messages/pong', 'messages/ping-pong');
    await expect(parsed(wrong)).rejects.toThrow('ping-pong');
  });

  it('has only examples that are as their schemas say', async () => {
    expect(withWrongExample(document)).toEqual([]);
    const wrong = page.replace('reconnect_after_ms: 1000', 'reconnect_after_ms: soon');
    expect(withWrongExample(await parsed(wrong))).toEqual(['going_away']);
  });

  it('has every frame, and an example of each from PROTOCOL.md', () => {
    const messages = document.channels().get('session')?.messages().all() ?? [];
    const shown = messages.flatMap((message) =>
      message
        .examples()
        .all()
        .map((example) => ({ id: message.id(), payload: example.payload() })),
    );
    expect(new Set(shown.map(({ id }) => id))).toEqual(new Set([...actions, ...types, 'event']));
    const lines = [...exampleLines('client'), ...exampleLines('server')];
    expect(shown.map(({ payload }) => payload)).toEqual(
      expect.arrayContaining(lines.map((line): unknown => JSON.parse(line))),
    );
  });

  it('has every close code and every code of an error', () => {
    const codes: unknown = document.channels().get('session')?.extensions().get('x-close-codes')?.value();
    expect(codes).toHaveLength(Object.keys(closeCodes).length);
    expect(codes).toEqual(
      expect.arrayContaining(
        Object.values(closeCodes).map(({ code, reason }) => expect.objectContaining({ code, reason })),
      ),
    );
    const error = document.components().messages().get('error')?.payload()?.properties()?.['code'];
    expect(error?.enum()).toEqual(frameErrorCodes);
  });

  it('has the ways in and out of the broker', () => {
    const channels = document.channels().all();
    const addresses = channels.map((channel) => channel.address());
    expect(addresses).toEqual(expect.arrayContaining([EXCHANGE, INBOX, REJECTED, RECEIPTS, '/v1/stream']));
  });
});
