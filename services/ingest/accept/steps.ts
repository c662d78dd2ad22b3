/** Work that may pause where it yields. */
export type Steps<Result> = Generator<void, Result>;

export function inOneGo<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
