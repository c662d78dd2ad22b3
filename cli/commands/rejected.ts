import { connect } from 'amqplib';
import type { Command } from 'commander';
import { z } from 'zod';
import { BrokerAddresses } from '../../shared/broker/broker-addresses.ts';
import { commonVariables, readVariables } from '../../shared/config/env.ts';
import { plainLine, plainText } from '../../shared/core/plain-text.ts';
import { CommandError, positiveInteger } from '../../shared/service/command-line.ts';
import { errorText } from '../../shared/service/error-text.ts';
import { RejectedQueue, type Rejected } from '../../services/ingest/inbox/rejected-queue.ts';
import type { Context } from '../context.ts';
import type { AddCommand } from './command.ts';

type Which = number | 'all';

/** Messages looked at in one run; the rest stay where they are. */
const MOST = 1_000;
const CONNECT_MS = 10_000;

export const addRejected: AddCommand = (program, context, exit) => {
  const rejected = program
    .command('rejected')
    .description('Work on appointments.rejected of the broker in AMQP_URL: what ingest could not accept.');
  const add = (usage: string, description: string) =>
    rejected.command(usage).description(description).option('--json', 'for programs');
  const act = (work: Work) => async (which: Which, options: { json?: true }) => {
    context.out.write(await onQueue(context, (queue, all) => work(queue, all, which, options.json === true)));
    exit(0);
  };
  add('list', 'every rejected message with its number and reason, one a line').action(
    async (options: { json?: true }) => {
      await act(list)('all', options);
    },
  );
  add('show', 'one of them, whole').argument('<number>', 'its number in the list', one).action(act(show));
  const several = (command: Command) =>
    command.argument('<number>', "its number in the list, or 'all'", oneOrAll);
  several(add('publish', 'send it to the inbox once more')).action(act(publish));
  several(add('drop', 'remove it for good')).action(act(drop));
};

type Work = (
  queue: RejectedQueue,
  all: readonly Rejected[],
  which: Which,
  json: boolean,
) => string | Promise<string>;

const list: Work = (_queue, all, _which, json) => {
  if (json) {
    return all
      .map(({ number, at, messageId, reason }) => asJson({ number, at, message_id: messageId, reason }))
      .join('');
  }
  const lines = all.map(({ number, at, messageId, reason }) =>
    [number, at ?? '-', messageId ?? '-', reason.replaceAll('\n', ' ')]
      .map((part) => plainLine(String(part)))
      .join('\t'),
  );
  return lines.length === 0 ? 'nothing is rejected\n' : `${lines.join('\n')}\n`;
};

const show: Work = (_queue, all, which, json) => {
  const found = all.find(({ number }) => number === which);
  if (found === undefined) throw new CommandError(`There is no rejected message ${which}.`);
  const { at, messageId, headers, body, number, reason } = found;
  if (json) return asJson({ number, at, message_id: messageId, reason, headers, body });
  return `${plainText(JSON.stringify(headers, null, 2))}\n${plainText(body)}\n`;
};

const publish: Work = async (queue, all, which, json) => {
  const numbers = chosen(all, which);
  for (const number of numbers) await queue.publish(number);
  return json ? asJson({ published: numbers.length }) : `${numbers.length} sent to the inbox\n`;
};

const drop: Work = (queue, all, which, json) => {
  const numbers = chosen(all, which);
  for (const number of numbers) queue.drop(number);
  return json ? asJson({ dropped: numbers.length }) : `${numbers.length} dropped\n`;
};

function chosen(all: readonly Rejected[], which: Which): readonly number[] {
  if (which === 'all') return all.map(({ number }) => number);
  if (all.some(({ number }) => number === which)) return [which];
  throw new CommandError(`There is no rejected message ${which}.`);
}

function asJson(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

const one = (text: string) => positiveInteger('The number', text);
const oneOrAll = (text: string): Which => (text === 'all' ? text : one(text));

async function onQueue(
  { env }: Context,
  work: (queue: RejectedQueue, all: readonly Rejected[]) => string | Promise<string>,
): Promise<string> {
  const { amqpUrl } = readVariables(z.object({ AMQP_URL: commonVariables.AMQP_URL }), env);
  const addresses = new BrokerAddresses(amqpUrl.reveal());
  const connection = await connect(addresses, { timeout: CONNECT_MS }).catch((error: unknown) => {
    const why = `Cannot reach the broker at ${addresses.host}: ${errorText(error)}`;
    throw new CommandError(`${why}. Does it run, and is AMQP_URL right? roomcast doctor looks.`);
  });
  try {
    const channel = await connection.createConfirmChannel();
    const queue = new RejectedQueue(channel);
    const text = await work(queue, await queue.read(MOST));
    await channel.close();
    return text;
  } finally {
    await connection.close();
  }
}
