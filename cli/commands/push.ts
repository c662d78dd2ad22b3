import { newVapidKeys } from '../../services/push/crypto/vapid.ts';
import { plainLine } from '../../shared/core/plain-text.ts';
import { PushTested, type TestedDevice } from '../../shared/devices/push-test.ts';
import { askAsOperator, type OperatorOptions } from '../ingest/call-ingest.ts';
import type { AddCommand } from './command.ts';
import { operatorCommand } from './operator-command.ts';

interface TestOptions extends OperatorOptions {
  readonly user: string;
  readonly reason?: string;
}

export const addPush: AddCommand = (program, context, exit) => {
  const { out } = context;
  const push = program.command('push').description('Look after push, which wakes phones that are asleep.');
  push
    .command('keys')
    .description('Print a new pair of keys for Web Push and UnifiedPush; subscriptions are bound to theirs.')
    .option('--json', 'as an object')
    .action(({ json }: { readonly json?: true }) => {
      const { publicKey, privateKey } = newVapidKeys();
      const lines = `PUSH_VAPID_PUBLIC_KEY=${publicKey}\nPUSH_VAPID_PRIVATE_KEY=${privateKey}\n`;
      out.write(json ? `${JSON.stringify({ public_key: publicKey, private_key: privateKey })}\n` : lines);
      exit(0);
    });
  operatorCommand(
    push,
    'test',
    'Send a notification to every device of a user, and say what each push service answered. 1: none took it.',
  )
    .requiredOption('--user <role:id>', 'such as provider:4')
    .option('--reason <text>', 'for the log')
    .action(async ({ user, reason, ...where }: TestOptions) => {
      const answer = await askAsOperator(context, where, 'POST', 'push/test', { user, reason });
      const tested = PushTested.parse(JSON.parse(answer));
      const { devices } = tested;
      const text = devices.length === 0 ? `${plainLine(user)} has no device` : devices.map(lineOf).join('\n');
      out.write(where.json ? `${JSON.stringify(tested)}\n` : `${text}\n`);
      exit(devices.some(({ outcome }) => outcome === 'accepted') ? 0 : 1);
    });
};

function lineOf({ kind, host, seen_at, outcome, reason }: TestedDevice): string {
  const answered = reason === undefined ? outcome : `${outcome}: ${reason}`;
  return [kind, host === '' ? '-' : host, `registered ${seen_at}`, answered].map(plainLine).join('\t');
}
