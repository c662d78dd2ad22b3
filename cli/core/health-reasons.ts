import type { Finding } from './examination.ts';

interface Report {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
}

/** What the checks before have found by looking at the same. */
export interface Known {
  readonly broker: boolean;
  readonly policies: boolean;
}

/** Each reason that nothing else has found. */
export function reasonFindings(url: string, report: Report, { broker, policies }: Known): readonly Finding[] {
  const known = [
    // Leaves the status as it is; `topology` looks at it.
    'queue_differs',
    ...(broker ? ['broker_down'] : []),
    ...(policies ? ['queue_policy'] : []),
  ];
  return report.reasons
    .filter(({ code }) => !known.includes(code))
    .map(({ code, message }) => ({
      problem: `${url} is ${report.status}: ${code}: ${message}`,
      cure: `docs/operations.md says what to do; PROTOCOL.md, "Health", what ${code} means`,
    }));
}
