import { runMain } from '../shared/service/command-line.ts';
import { loadWithSecret } from './environment.ts';

/** The operator's command, with the secret of this checkout. */
await runMain('', async () => {
  Object.assign(process.env, loadWithSecret('JWT_SECRET'));
  await import('../services/delivery/token.ts');
  return Number(process.exitCode ?? 0);
});
