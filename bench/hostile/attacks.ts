import type { Attack } from './attack.ts';
import { frameAttacks } from './attacks/frames.ts';
import { publishingAttacks } from './attacks/publishing.ts';
import { requestAttacks } from './attacks/requests.ts';
import { sessionAttacks } from './attacks/sessions.ts';

export const attacks: readonly Attack[] = [
  ...frameAttacks,
  ...sessionAttacks,
  ...requestAttacks,
  ...publishingAttacks,
];
