import { bodies } from './bodies.ts';
import { frames } from './frames.ts';
import type { FuzzProperty } from './property.ts';
import { resumes } from './resumes.ts';
import { rooms } from './rooms.ts';
import { bursts, sessions } from './sessions.ts';
import { tokens } from './tokens.ts';

export const properties: readonly FuzzProperty[] = [bodies, frames, rooms, tokens, sessions, bursts, resumes];
