import { RoomcastError } from './errors.ts';
import type { RoomcastEvent } from './frames.ts';
import { MAX_WAITING } from './limits.ts';
import type { AbortSignalLike } from './platform.ts';
import type { Snapshot } from './shown-status.ts';

interface Followed {
  on(name: 'event', listener: (event: RoomcastEvent) => void): () => void;
  on(name: 'status', listener: (snapshot: Snapshot) => void): () => void;
}

export async function* follow(
  client: Followed,
  signal?: AbortSignalLike,
): AsyncGenerator<RoomcastEvent, void> {
  const waiting: RoomcastEvent[] = [];
  let isOver = signal?.aborted;
  let problem: RoomcastError | undefined;
  let wakeUp: (() => void) | undefined;
  const end = (error?: RoomcastError) => {
    isOver = true;
    problem = error;
    wakeUp?.();
  };
  const onAbort = () => end();
  const offs = [
    client.on('event', (event) => {
      if (waiting.push(event) > MAX_WAITING) end(new RoomcastError('too_slow', `${MAX_WAITING} events wait`));
      wakeUp?.();
    }),
    client.on('status', ({ status, lastError }) => {
      if (status === 'idle') end();
      if (status === 'stopped') end(lastError);
    }),
    () => signal?.removeEventListener('abort', onAbort),
  ];
  signal?.addEventListener('abort', onAbort);
  try {
    while (!isOver) {
      const event = waiting.shift();
      if (event) yield event;
      else await new Promise<void>((resolve) => (wakeUp = resolve));
    }
    if (problem) throw problem;
  } finally {
    for (const off of offs) off();
  }
}
