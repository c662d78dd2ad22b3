import { loadWithSecret } from './environment.ts';

/** The operator's command, with the secret of this checkout. */
Object.assign(process.env, loadWithSecret('JWT_SECRET'));
await import('../services/delivery/token.ts');
