import type { Kind } from './kind.ts';
import { backendKinds } from './kinds/backends.ts';
import { httpKinds } from './kinds/http.ts';
import { socketKinds } from './kinds/sockets.ts';

export const kinds: readonly Kind[] = [...socketKinds, ...httpKinds, ...backendKinds];
