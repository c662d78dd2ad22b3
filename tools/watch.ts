import { runMain } from '../shared/service/command-line.ts';
import { loadWithSecret } from './environment.ts';

/** The operator's command, with the secret and the port of this checkout. */
await runMain('', async () => {
  Object.assign(process.env, loadWithSecret('JWT_SECRET'));
  await import('../services/delivery/watch.ts');
  return Number(process.exitCode ?? 0);
});
