import type { AcceptedEvent } from '../accept/accept.ts';
import type { IntakeOptions } from '../accept/intake.ts';
import type { Backend } from './backend.ts';

/** What the backends, which may still be added to the list, contribute to every event on its way in. */
export function together(
  backends: readonly Backend[],
): Pick<IntakeOptions, 'secretariesOf' | 'defer' | 'enrich'> {
  return {
    secretariesOf: (provider) => backends.flatMap((backend) => backend.secretariesOf?.(provider) ?? []),
    defer: (event, body) => {
      for (const backend of backends) {
        const deferred = backend.defer?.(event, body);
        if (deferred !== undefined) return deferred;
      }
      return undefined;
    },
    enrich: (event) =>
      backends.reduce<readonly AcceptedEvent[]>(
        (events, backend) => events.flatMap((one) => backend.enrich?.(one) ?? [one]),
        [event],
      ),
  };
}
