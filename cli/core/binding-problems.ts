import { EXCHANGE, type QueueDeclaration } from '../../shared/contract/topology.ts';
import type { Finding } from './examination.ts';

interface Binding {
  readonly destination: string;
  readonly routing_key: string;
}

/** How the durable queues are bound, against how ingest binds them. Those of delivery instances come and go. */
export function bindingProblems(
  queues: readonly QueueDeclaration[],
  bindings: readonly Binding[],
): readonly Finding[] {
  return queues.flatMap(({ name, patterns = [] }) => {
    const keys = bindings.filter(({ destination }) => destination === name).map((one) => one.routing_key);
    const missing = patterns.filter((pattern) => !keys.includes(pattern));
    const strange = keys.filter((key) => !patterns.includes(key));
    return [
      ...missing.map((pattern) => unbound(name, pattern)),
      ...strange.map((key) => strangeBinding(name, key)),
    ];
  });
}

function unbound(name: string, pattern: string): Finding {
  return {
    problem: `${name} is not bound to ${EXCHANGE} with ${pattern}: what is published does not get there`,
    cure: 'start ingest again, which binds it; events from meanwhile are not in it',
  };
}

function strangeBinding(name: string, key: string): Finding {
  return {
    problem: `${name} is bound to ${EXCHANGE} with ${key}, by none of ours: it gets what is not meant for it`,
    cure: `take that binding away: management API, Exchanges, ${EXCHANGE}, Bindings, Unbind`,
  };
}
