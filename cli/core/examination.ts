/** What is wrong, and what to do about it, in a line each. */
export interface Finding {
  readonly problem: string;
  readonly cure: string;
}

export type Outcome =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'found'; readonly findings: readonly Finding[] }
  /** There is nothing to look at here. */
  | { readonly kind: 'unneeded'; readonly why: string }
  /** It cannot be told, because of what another check found. */
  | { readonly kind: 'not_made'; readonly why: string };

export type Result = Outcome & { readonly name: string };

/** Whether an earlier check found something, or could not be made. */
export type Failed = (name: string) => boolean;

export interface Check<Target> {
  readonly name: string;
  /** Without these it means nothing: what they find would be found again, in other words. */
  readonly needs?: readonly string[];
  readonly run: (target: Target, failed: Failed) => Outcome | Promise<Outcome>;
}

const UNEXPECTED_CURE = 'run it again; if it stays so, report it with this line';

/** Makes one check after the other; each sees what those before it found. */
export async function* examine<Target>(
  checks: readonly Check<Target>[],
  target: Target,
  skipped: readonly string[] = [],
): AsyncGenerator<Result> {
  /** Of each that failed: the checks to which it comes down. */
  const failures = new Map<string, readonly string[]>();
  for (const { name, needs = [], run } of checks) {
    const causes = [...new Set(needs.flatMap((need) => failures.get(need) ?? []))];
    const outcome = skipped.includes(name)
      ? unneeded('left out by --skip')
      : causes.length > 0
        ? notMade(`because of ${causes.join(', ')}`)
        : await outcomeOf(() => run(target, (other) => failures.has(other)));
    const failed = outcome.kind === 'found' || outcome.kind === 'not_made';
    if (failed) failures.set(name, causes.length > 0 ? causes : [name]);
    yield { ...outcome, name };
  }
}

async function outcomeOf(run: () => Outcome | Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return found([{ problem: `the check itself failed: ${words}`, cure: UNEXPECTED_CURE }]);
  }
}

export const ok = (text: string): Outcome => ({ kind: 'ok', text });
export const unneeded = (why: string): Outcome => ({ kind: 'unneeded', why });
export const notMade = (why: string): Outcome => ({ kind: 'not_made', why });

export function found(findings: readonly Finding[]): Outcome {
  return { kind: 'found', findings };
}

/** One finding. */
export const finding = (problem: string, cure: string): Outcome => found([{ problem, cure }]);

/** `text` where nothing was found. */
export function okUnless(findings: readonly Finding[], text: string): Outcome {
  return findings.length === 0 ? ok(text) : found(findings);
}
