import { newVapidKeys } from '../../services/push/crypto/vapid.ts';
import type { AddCommand } from './command.ts';

export const addPush: AddCommand = (program, { out }, exit) => {
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
};
