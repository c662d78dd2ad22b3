import type { Finding } from './examination.ts';

interface Report {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
}

/** Found by looking at the broker itself. */
const OF_THE_BROKER = ['broker_down'];
/** Leaves the status as it is; `topology` looks at it. */
const OF_THE_TOPOLOGY = ['queue_differs'];

/** Each reason that nothing else has found. */
export function reasonFindings(url: string, report: Report, brokerFailed: boolean): readonly Finding[] {
  const known = brokerFailed ? [...OF_THE_BROKER, ...OF_THE_TOPOLOGY] : OF_THE_TOPOLOGY;
  return report.reasons
    .filter(({ code }) => !known.includes(code))
    .map(({ code, message }) => ({
      problem: `${url} is ${report.status}: ${code}: ${message}`,
      cure: `docs/operations.md says what to do; PROTOCOL.md, "Health", what ${code} means`,
    }));
}
