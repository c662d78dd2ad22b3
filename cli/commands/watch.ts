import { z } from 'zod';
import { readVariables } from '../../shared/config/env.ts';
import { oneOf, roles } from '../../shared/contract/rooms.ts';
import { plainLine } from '../../shared/core/plain-text.ts';
import { UsageError } from '../../shared/service/command-line.ts';
import { DeliveryVariables } from '../../services/delivery/config.ts';
import { readPerson, readSigner } from '../../services/delivery/sign-token.ts';
import type { Context } from '../context.ts';
import { painter } from '../core/paint.ts';
import { shownFrame } from '../core/shown-frame.ts';
import { watch } from '../watch/watch-sessions.ts';
import type { AddCommand } from './command.ts';

interface Options {
  readonly role?: string;
  readonly id?: string;
  readonly token?: string;
  readonly rooms: string;
  readonly url?: string;
  readonly json?: true;
}

export const addWatch: AddCommand = (program, context, exit) => {
  program
    .command('watch')
    .description(
      'Connect as a client, print every frame, and come back from where it was after a lost connection. Ctrl-C ends it.',
    )
    .option('--role <role>', `${oneOf(roles)}; signs a token with JWT_SECRET or what JWT_SECRET_FILE holds`)
    .option('--id <number>', "the person's id in the booking backend")
    .option('--token <token>', 'a token of your own instead')
    .option('--rooms <names>', "rooms to join besides the role's, commas between", '')
    .option('--url <url>', 'of delivery (default: ws://127.0.0.1:$WEBSOCKET_PORT/ws)')
    .option('--json', 'frames as they come, one a line')
    .action(async (options: Options) => {
      exit(await run(options, context));
    });
};

function run(options: Options, { env, out, err, interrupted }: Context): Promise<number> {
  const paint = painter(out);
  const time = () => new Date().toTimeString().slice(0, 8);
  return watch({
    url: webSocketUrl(options.url, env),
    rooms: options.rooms.split(',').filter((room) => room !== ''),
    token: tokenSource(options, env),
    onFrame: (text) => out.write(`${options.json ? text : shownFrame(text, time(), paint)}\n`),
    say: (sentence) => err.write(`${painter(err)('yellow', plainLine(sentence))}\n`),
    interrupted: interrupted(),
  });
}

/** A wrong command line or a missing secret shows now, not at the first connect. */
function tokenSource({ token, role, id }: Options, env: Context['env']) {
  if (token === undefined) {
    const person = readPerson(role, id);
    const sign = readSigner(env);
    return { sign: () => sign(person) };
  }
  if ((role ?? id) !== undefined) throw new UsageError('Give --token, or --role and --id.');
  return { fixed: token };
}

function webSocketUrl(given: string | undefined, env: Context['env']): string {
  if (given !== undefined) {
    if (/^(ws|http)s?:\/\//i.test(given) && URL.canParse(given)) return given.replace(/^http/i, 'ws');
    throw new UsageError('--url needs a URL such as wss://app.example.org/ws.');
  }
  const { WEBSOCKET_PORT } = DeliveryVariables.shape;
  return `ws://127.0.0.1:${readVariables(z.object({ WEBSOCKET_PORT }), env).websocketPort}/ws`;
}
