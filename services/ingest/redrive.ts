import { connect } from 'amqplib';
import { commonVariables, readVariables } from '../../shared/config/env.ts';
import { BrokerAddresses } from '../../shared/broker/broker-addresses.ts';
import { errorText } from '../../shared/service/error-text.ts';
import { z } from 'zod';
import { RejectedQueue, type Rejected } from './inbox/rejected-queue.ts';

const USAGE = `Works on the queue appointments.rejected of the broker in AMQP_URL.

  redrive list             every rejected message with its reason, one a line
  redrive show NUMBER      one of them, whole
  redrive publish NUMBER   sends it to the inbox once more; 'all' for every one
  redrive drop NUMBER      removes it for good; 'all' for every one
`;
/** Messages looked at in one run; the rest stay where they are. */
const MOST = 1_000;

const Command = z.discriminatedUnion('verb', [
  z.object({ verb: z.literal('list') }),
  z.object({ verb: z.literal('show'), which: z.coerce.number().int().positive() }),
  z.object({
    verb: z.enum(['publish', 'drop']),
    which: z.union([z.literal('all'), z.coerce.number().int().positive()]),
  }),
]);
type Command = z.infer<typeof Command>;

async function run(command: Command, queue: RejectedQueue): Promise<string> {
  const rejected = await queue.read(MOST);
  switch (command.verb) {
    case 'list':
      return rejected.length === 0 ? 'nothing is rejected\n' : rejected.map(line).join('');
    case 'show': {
      const found = rejected.find(({ number }) => number === command.which);
      if (found === undefined) throw new RangeError(`there is no rejected message ${command.which}`);
      return `${JSON.stringify(found.headers, null, 2)}\n${found.body}\n`;
    }
    case 'publish':
    case 'drop': {
      const numbers = command.which === 'all' ? rejected.map(({ number }) => number) : [command.which];
      for (const number of numbers) {
        if (command.verb === 'publish') await queue.publish(number);
        else queue.drop(number);
      }
      return `${numbers.length} ${command.verb === 'publish' ? 'sent to the inbox' : 'dropped'}\n`;
    }
  }
}

function line({ number, at, messageId, reason }: Rejected): string {
  return `${number}\t${at ?? '-'}\t${messageId ?? '-'}\t${reason.replaceAll('\n', ' ')}\n`;
}

async function main(): Promise<number> {
  const [verb, which] = process.argv.slice(2);
  const command = Command.safeParse({ verb, which });
  if (!command.success) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { amqpUrl } = readVariables(z.object({ AMQP_URL: commonVariables.AMQP_URL }), process.env);
  const connection = await connect(new BrokerAddresses(amqpUrl.reveal()), { timeout: 10_000 });
  const channel = await connection.createConfirmChannel();
  try {
    process.stdout.write(await run(command.data, new RejectedQueue(channel)));
    return 0;
  } finally {
    await channel.close();
    await connection.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = 1;
}
